/*
 * Of when the data in an archive is, where a manifest does not tell, or does not
 * seem to be the archive's. An archive tells when it was begun by a clock on a
 * wall, in a time zone that nobody noted. Pure.
 */
#ifndef DRILLBOX_MODEL_AS_OF_H
#define DRILLBOX_MODEL_AS_OF_H

#include <stdbool.h>
#include <stdint.h>

#define ZONE_MOST (14 * 3600)	/* a clock on a wall is ahead of UTC by so much at most, ... */
#define ZONE_LEAST (-12 * 3600) /* ... and behind it by so much */

/*
 * Whether an archive begun at 'created' (the clock on the wall, as if it were UTC)
 * can have been made in a snapshot of that time, wherever on earth, with an hour to spare.
 */
bool as_of_fits(int64_t snapshot, int64_t created);

/*
 * The least that a zone can be of which an earlier archive is known, begun at
 * 'created' and not after 'known': when it was written, or its snapshot. The clocks
 * may differ by five minutes; zones are apart by quarters of an hour. What makes no sense is ZONE_LEAST.
 */
int64_t as_of_zone(int64_t created, int64_t known);

struct as_of {
	int64_t at;
	int64_t older_by; /* seconds that it may be older by */
	bool written;	  /* 'at' is when it was written; else by its own clock */
};

/*
 * Never later than 'now', than the file was written ('modified'; TIME_UNKNOWN: nobody
 * tells), or than its own clock can mean in a zone of at least 'zone'. Where it was
 * written later than its clock can mean, it is a late copy: with a zone that is known of
 * earlier ones it is of the time by that; with none (ZONE_LEAST), and where nobody
 * tells when it was written, of the earliest time that its clock can mean.
 */
struct as_of as_of_guess(int64_t created, int64_t modified, int64_t zone, int64_t now);

#endif
