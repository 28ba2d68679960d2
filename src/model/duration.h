/* Times and sizes as people write them: "6h", "5 min", "90 s", "7d"; "20 GB", "512 MiB". */
#ifndef DRILLBOX_MODEL_DURATION_H
#define DRILLBOX_MODEL_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds (s, min or m, h, d, w; a bare 0 is allowed). False if it is not one, or beyond ten years. */
bool duration_parse(const char *text, int64_t *ret_seconds);

/* Bytes (B, kB, MB, GB, TB by 1000; KiB to TiB by 1024). False if it is not one. */
bool size_parse(const char *text, int64_t *ret_bytes);

/* The inverse, exact, in the largest unit that fits: "6h", "5 min", "90 s", "7d"; "20 GB". Owned by the caller. */
char *duration_text(int64_t seconds);
char *size_text(int64_t bytes);

#endif
