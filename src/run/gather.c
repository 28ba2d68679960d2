#include "run/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/recovery.h"
#include "pull/recognise.h"

#define MEDIAN_OF 30

/* Whether the operator has written a check for the source: a file NAME.sql in checks.d/SOURCE. */
static bool has_own_checks(const struct box *box, const char *source)
{
	autofree char *folder = format("%s/checks.d/%s", box->config.dir, source);
	autoclosedir DIR *dir = opendir(folder);
	const struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.' && ends_with(e->d_name, ".sql"))
			return true;
	return false;
}

/* Whether it is plain SQL that makes its database itself. */
static bool makes_database(const struct dump *d)
{
	CLEANUP(dump_head_done) struct dump_head head = {0};
	struct error unread;

	return dump_form_is_plain(d->form) && recognise(d->path, &head, &unread) == 0 && head.database;
}

/* How many restored it: what came back then says nothing about more or fewer. See the restore's summary; 0: it does not say. */
static int jobs_of(const struct findings *f)
{
	for (size_t i = 0; i < f->phase_count; i++) {
		const char *summary = f->phases[i].summary;
		autofree char *first = xstrndup(summary, strcspn(summary, " "));
		int64_t jobs;

		if (f->phases[i].rung != RUNG_RESTORE)
			continue;
		if (starts_with(summary, "one transaction"))
			return 1;
		return starts_with(summary + strlen(first), " job") && parse_int(first, 1, 1000, &jobs) ? (int)jobs : 0;
	}
	return 0;
}

/* The dump's place and the lines that bring it back, as long as it is stored. */
static void gather_recovery(const struct box *box, struct show *show)
{
	CLEANUP(dump_done) struct dump dump = {0};
	CLEANUP(manifest_done) struct manifest m = {0};
	struct text lines = {0};
	struct error ignored;
	bool read;

	if (store_find(box->store, show->drill.event.dump, &dump, &ignored) < 0)
		return;
	read = box_manifest(&dump, &m, &ignored) == 0;
	recovery_lines(dump.path, read ? &m : NULL, makes_database(&dump), jobs_of(&show->drill.findings), &lines);
	show->stored = true;
	show->path = xstrdup(dump.path);
	show->recovery = text_take(&lines);
	show->data_as_of = dump.taken;
}

/* Without a source, dumps of any databases may lie together: those of another one are no copy of this one. */
static const struct dump *newest_proven(const struct dumps *all, const struct show *show)
{
	for (size_t i = 0; show->orphan && i < all->count; i++)
		if (all->items[i].state == DUMP_PROVEN && dump_same_database(all->items[i].name, show->drill.event.dump))
			return &all->items[i];
	return show->orphan ? NULL : dumps_newest_proven(all, show->drill.event.source, TIME_UNKNOWN);
}

static int gather_history(const struct box *box, struct show *show, struct error *err)
{
	CLEANUP(dump_record_done) struct dump_record record = {0};
	CLEANUP(dumps_done) struct dumps all = {0};
	const struct dump *proven, *stored;

	if (ledger_dump(box->ledger, show->drill.event.dump, &record, err) < 0 ||
	    box_dumps(box, show->drill.event.source, &all, NULL, err) < 0 ||
	    ledger_restore_median(box->ledger, show->drill.event.source, MEDIAN_OF, &show->median_seconds,
				  &show->median_of, err) < 0)
		return -1;
	show->accepted = record.accepted;
	show->accepted_by = take(record.accepted_by);
	show->accepted_why = take(record.accepted_why);
	show->accepted_at = record.accepted_at;
	show->acknowledged = record.acknowledged;
	show->origin = record.origin;
	record.origin = (struct origin){0};
	show->orphan = config_source(&box->config, show->drill.event.source) == NULL;
	stored = dumps_find(&all, show->drill.event.dump);
	if (stored && stored->origin.vouch == VOUCH_NONE)
		origin_without_manifest(&show->origin);
	if (!show->stored)
		show->data_as_of = record.taken;
	proven = newest_proven(&all, show);
	show->last_proven_taken = TIME_UNKNOWN;
	if (proven) {
		show->last_proven = xstrdup(proven->name);
		show->last_proven_taken = proven->taken;
	}
	return 0;
}

int show_gather(const struct box *box, int64_t drill, struct show *ret, struct error *err)
{
	CLEANUP(show_done) struct show show = {0};

	if (ledger_drill(box->ledger, drill, &show.drill, err) < 0)
		return -1;
	gather_recovery(box, &show);
	if (gather_history(box, &show, err) < 0)
		return -1;
	show.own_checks = has_own_checks(box, show.drill.event.source);
	*ret = show;
	show = (struct show){0};
	return 0;
}
