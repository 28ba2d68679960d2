/*
 * The statements of a survey (survey.sql), spelled out for one server version.
 * Only port/survey.c uses this.
 */
#ifndef DRILLBOX_PORT_SURVEY_SQL_H
#define DRILLBOX_PORT_SURVEY_SQL_H

#include <stddef.h>

/* The query of that name for a server of 'major'. Owned by the caller; aborts for a name that is not there. */
char *survey_sql_query(const char *name, int major);

/* The i-th class: its query, its name in 'ret_name' (both owned by the caller); NULL behind the last. */
char *survey_sql_class(size_t i, int major, char **ret_name);

/* 'sql' with its lines for other majors taken out and its macros spelled out. Owned by the caller. */
char *survey_sql_expand(const char *sql, size_t length, int major);

#endif
