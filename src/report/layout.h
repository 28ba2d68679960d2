/* Within the report only: words for times, colours and verdicts, and what JSON values have in common. */
#ifndef DRILLBOX_REPORT_LAYOUT_H
#define DRILLBOX_REPORT_LAYOUT_H

#include <stdint.h>

#include "model/check.h"
#include "port/json.h"
#include "report/report.h"

#define WHEN_TEXT 48

/* "today 04:15", "Sat 04:15", "2026-10-02 04:15" in the box's zone; "never" for TIME_UNKNOWN. Returns 'buf'. */
char *when_text(int64_t t, int64_t now, char *buf);
/* The same with its age: "today 04:15 (7 h)". */
char *when_and_age(int64_t t, int64_t now, char *buf);
/* "5 s", "7 h": how long ago, without the tenths of human_seconds(). Into 'buf' of UNIT_TEXT; returns it. */
char *age_text(int64_t t, int64_t now, char *buf);
/* "04:15:04" in the box's zone. */
char *clock_text(int64_t t, char *buf);
/* "Europe/Berlin", or as near to that as the box knows. */
char *zone_name(char *buf);

enum paint { PAINT_NONE, PAINT_GREEN, PAINT_AMBER, PAINT_RED, PAINT_BOLD };

/* Begin and end of a colour; "" where there is none. */
const char *paint_on(const struct report *r, enum paint p);
const char *paint_off(const struct report *r, enum paint p);
enum paint paint_of_verdict(enum verdict v);

/* The columns to print within. */
size_t width_of(const struct report *r);

/* {"schema":1}; and out with it, root and all. */
struct json *json_begin(void);
void json_end(const struct report *r, struct json *root);
/* RFC 3339, null for TIME_UNKNOWN; null for a negative duration. */
void json_set_time(struct json *object, const char *key, int64_t t);
void json_set_seconds(struct json *object, const char *key, double seconds);
/* Where a published dump came from and who vouches for it; null of one that was pulled. */
void json_set_origin(struct json *object, const char *key, const struct origin *origin);

#endif
