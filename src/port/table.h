/* Text tables, through libsmartcols: columns aligned, fit to the terminal. */
#ifndef DRILLBOX_PORT_TABLE_H
#define DRILLBOX_PORT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct table;

/* Columns by their headings, ended by NULL; a heading that begins with '>' is right-aligned. */
struct table *table_new(const char *const *headings);
void table_free(struct table **t);
/* Add a row and set its cells; text is copied, NULL is an empty cell. */
void table_row(struct table *t);
void table_cell(struct table *t, int column, const char *text);
/* 'width' 0: the terminal's, or 80 columns where there is none. 'headings' false leaves them out. */
void table_print(struct table *t, FILE *to, bool headings, int width);

#endif
