/*
 * Which dumps stay, and why. A pure function of the catalogue and the time, so
 * that 'prune --dry-run', 'dumps' and pruning itself cannot disagree.
 *
 * Never pruned, whatever the numbers say: a source's newest proven dump and its
 * newest unproven one, and every dump of a source whose file is gone (orphan).
 */
#ifndef DRILLBOX_MODEL_RETENTION_H
#define DRILLBOX_MODEL_RETENTION_H

#include "model/dump.h"

struct keep {
	int daily, weekly, monthly;
};

#define KEEP_DEFAULT ((struct keep){7, 4, 12})
#define KEEP_ALL ((struct keep){-1, -1, -1}) /* of a source whose file cannot be used: nobody knows what it asks for */

/*
 * Days, weeks (from Monday) and months are UTC, and only those count that have a
 * dump. What is dated after 'now' stays, and takes no place; so with a clock
 * that is not known (TIME_UNKNOWN) everything stays.
 *
 * Judge the dumps of one source: sets kept_because of each that stays, and
 * leaves it NULL in each that goes, whose reason is written to
 * ret_gone_because[i] (owned strings, NULL for those that stay; array of
 * list->count).
 */
void retention_judge(struct dumps *list, const char *source, struct keep keep, int64_t now, char **ret_gone_because);

/*
 * The same for a folder of published dumps, of which nobody there knows whether
 * they are proven: the two newest stay, so that a download under way is not cut
 * off, and the newest of each day, week and month in 'keep'.
 */
void retention_judge_published(struct dumps *list, const char *source, struct keep keep, int64_t now,
			       char **ret_gone_because);

/*
 * Under disk pressure: the order in which dumps may go, whether retention would
 * keep them or not, most expendable first: refuted, unproven from the middle,
 * proven beyond 'keep'. Indexes into the list; the never-pruned ones are not in
 * it. Returns how many were written to 'ret_order' (room for list->count).
 */
size_t retention_pressure_order(const struct dumps *list, const char *source, struct keep keep, int64_t now,
				size_t *ret_order);

#endif
