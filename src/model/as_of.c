#include "model/as_of.h"

#include "base/clock.h"

#define QUARTER (15 * 60)
#define CLOCKS_DIFFER_S (5 * 60)
#define TO_SPARE_S 3600

bool as_of_fits(int64_t snapshot, int64_t created)
{
	return snapshot >= created - ZONE_MOST - TO_SPARE_S && snapshot <= created - ZONE_LEAST + TO_SPARE_S;
}

int64_t as_of_zone(int64_t created, int64_t known)
{
	int64_t least = created - known - CLOCKS_DIFFER_S;

	if (least <= ZONE_LEAST || least > ZONE_MOST)
		return ZONE_LEAST;
	/* up to the next quarter; from ZONE_LEAST on, where all are positive */
	return ZONE_LEAST + (least - ZONE_LEAST + QUARTER - 1) / QUARTER * QUARTER;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct as_of as_of_guess(int64_t created, int64_t modified, int64_t zone, int64_t now)
{
	int64_t earliest = created - ZONE_MOST, latest = created - zone;
	struct as_of guess = {0};

	guess.written = modified != TIME_UNKNOWN && modified <= latest;
	guess.at = earlier(guess.written ? modified : zone == ZONE_LEAST ? earliest : latest, now);
	guess.older_by = guess.at > earliest ? guess.at - earliest : 0;
	return guess;
}
