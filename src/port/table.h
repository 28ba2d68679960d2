/*
 * Text laid out in columns: tables, through libsmartcols, and paragraphs.
 * Widths are those of a terminal, not bytes. Control bytes never come out.
 */
#ifndef DRILLBOX_PORT_TABLE_H
#define DRILLBOX_PORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_WIDTH 80 /* where there is no terminal */

struct table;

/*
 * Columns by their headings, ended by NULL; a heading that begins with '>' is
 * right-aligned. A last one that begins with '~' is no column but stands over
 * the rows' words.
 */
struct table *table_new(const char *const *headings);
void table_free(struct table **t);
/* Add a row and set its cells; text is copied, NULL is an empty cell. */
void table_row(struct table *t);
void table_cell(struct table *t, int column, const char *text);
/* Words for the row added last: beside it, as a last column, where there is room, else beneath. */
void table_words(struct table *t, const char *text);
/* 'width' 0: the terminal's, or 80 columns where there is none. 'headings' false leaves them out. */
void table_print(struct table *t, FILE *to, bool headings, int width);

/* The width of the terminal that 'to' is, or 80. */
int table_width_of(FILE *to);

/* Columns that a text takes on a terminal. */
size_t text_columns(const char *text);
/* Cut a text in place so that it takes no more, between characters. */
void cut_columns(char *text, size_t width);

/*
 * Print a text that begins at column 'at' (0: the line's first), broken between
 * words so that it stays within 'width'; further lines begin at column 'indent'.
 * Newlines in it are kept. Ends with a newline.
 */
void print_wrapped(FILE *to, const char *text, size_t at, size_t indent, size_t width);

#endif
