#include "drill/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "drill/collations.h"
#include "drill/locale.h"
#include "port/sandbox.h"

#define UNFOLDS_TO 25			     /* a dump's bytes on a server's disk, at most as a rule */
#define SQL_UNFOLDS_TO 3			     /* the same of plain SQL, not compressed: its indexes are not in it */
#define CLUSTER_BYTES ((int64_t)64 << 20)    /* an empty cluster with its WAL */
#define SMALL_BYTES ((int64_t)32 << 20)	     /* a database below this restores fastest with one job */
#define SMALL_DUMP_BYTES ((int64_t)4 << 20)  /* the same, of its dump */
#define PROC_CAP ((size_t)64 << 10)
#define NAMED_MOST 5

/* Which Debian package brings an extension that is not PostgreSQL's own; %d is the major. */
static const struct {
	const char *extension; /* a name, or the beginning of several when it ends in '*' */
	const char *package;
} packages[] = {
	{"postgis*", "postgresql-%d-postgis-3"},
	{"address_standardizer*", "postgresql-%d-postgis-3"},
	{"vector", "postgresql-%d-pgvector"},
	{"pg_cron", "postgresql-%d-cron"},
	{"pg_partman", "postgresql-%d-partman"},
	{"pg_repack", "postgresql-%d-repack"},
	{"pgrouting", "postgresql-%d-pgrouting"},
	{"pgaudit", "postgresql-%d-pgaudit"},
	{"hypopg", "postgresql-%d-hypopg"},
	{"hll", "postgresql-%d-hll"},
	{"ip4r", "postgresql-%d-ip4r"},
	{"orafce", "postgresql-%d-orafce"},
	{"periods", "postgresql-%d-periods"},
	{"pgtap", "postgresql-%d-pgtap"},
	{"pg_qualstats", "postgresql-%d-pg-qualstats"},
	{"pg_stat_kcache", "postgresql-%d-pg-stat-kcache"},
	{"rum", "postgresql-%d-rum"},
	{"semver", "postgresql-%d-semver"},
	{"wal2json", "postgresql-%d-wal2json"},
	{"plpython3u", "postgresql-plpython3-%d"},
	{"plperl*", "postgresql-plperl-%d"},
	{"bool_plperl*", "postgresql-plperl-%d"},
	{"pltcl*", "postgresql-pltcl-%d"},
};

/*
 * Extensions that cannot be created unless their library was loaded at the server's start. Not those whose library then runs
 * jobs of the database's (pg_cron): what fires after a restore must not fire here, so they are undecided.
 */
static const struct {
	const char *extension;
	const char *library;
} preloads[] = {
	{"timescaledb", "timescaledb"},
	{"citus", "citus"},
	{"pgaudit", "pgaudit"},
};

/* ---------------------------------------------------------------- numbers */

static int64_t heap_bytes(const struct manifest *m)
{
	int64_t sum = 0;

	for (size_t i = 0; i < m->relation_count; i++)
		if (!m->relations[i].left_out)
			sum += m->relations[i].bytes;
	return sum;
}

static int64_t least_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t plan_estimate(int64_t known_scratch, const struct manifest *m, int64_t dump_bytes)
{
	int64_t unfolded = dump_bytes * UNFOLDS_TO;

	if (known_scratch > 0)
		return known_scratch / 10 * 13;
	if (m && m->bytes > 0)
		unfolded = least_of(unfolded, m->bytes);
	return unfolded / 10 * 13 + CLUSTER_BYTES;
}

int64_t plan_least(int64_t known_scratch, const struct manifest *m, int64_t dump_bytes)
{
	if (known_scratch > 0)
		return known_scratch;
	if (m && heap_bytes(m) > 0)
		return least_of(heap_bytes(m), dump_bytes * UNFOLDS_TO);
	return dump_bytes;
}

bool plan_fits_memory(int64_t estimate, int64_t free_memory)
{
	return free_memory > 0 && estimate / 2 * 3 <= free_memory / 3;
}

int plan_jobs(int wanted, const struct manifest *m, int64_t dump_bytes)
{
	if (dump_bytes < SMALL_DUMP_BYTES && (!m || heap_bytes(m) < SMALL_BYTES))
		return 1;
	return wanted > 1 ? wanted : 1;
}

int64_t plan_parse_meminfo(const char *text)
{
	const char *at = strstr(text, "MemAvailable:");
	int64_t kb;
	autofree char *number = NULL;

	if (!at)
		return -1;
	at += strlen("MemAvailable:");
	at += strspn(at, " \t");
	number = xstrndup(at, strspn(at, "0123456789"));
	return parse_int(number, 0, INT64_MAX / 1024, &kb) ? kb * 1024 : -1;
}

static int64_t free_memory(void)
{
	autofree char *text = NULL;
	struct error ignored;

	if (read_small_file("/proc/meminfo", PROC_CAP, &text, &ignored) < 0)
		return -1;
	return least_of(plan_parse_meminfo(text), sandbox_memory_left());
}

/* ---------------------------------------------------------------- programs */

static int source_version(const struct drill_request *r, const struct toc *toc)
{
	if (r->manifest)
		return r->manifest->server_version_num;
	return toc ? toc->server_version_num : 0;
}

const struct tool *plan_tool(const struct drill_request *r, struct findings *f)
{
	const struct tool *tool = NULL, *newest = NULL;
	struct error err;

	for (size_t i = 0; i < r->tools->count; i++)
		if (r->tools->items[i].serves && r->tools->items[i].dumps)
			newest = &r->tools->items[i];
	if (!newest)
		findings_add(f, RUNG_PLAN, RESULT_UNDECIDED, "postgres", "", "",
			     "the box has no PostgreSQL server programs; install the package 'postgresql-17', or name their "
			     "folder in [postgres] bin");
	else if (!r->manifest)
		return newest;
	else if (toolset_for_restore(r->tools, r->manifest->server_version_num, &tool, &err) < 0)
		findings_add_error(f, RUNG_PLAN, "postgres", &err);
	return tool;
}

static void check_version(const struct drill_request *r, const struct tool *tool, const struct toc *toc,
			  struct findings *f)
{
	const char *source = r->manifest ? r->manifest->server_version : toc->server_version;

	if (source_version(r, toc) / 10000 > tool->major) {
		findings_add(f, RUNG_PLAN, RESULT_UNDECIDED, "postgres", source, tool->version,
			     "the source is PostgreSQL %s and the newest on the box is %s; install 'postgresql-%d'", source,
			     tool->version, source_version(r, toc) / 10000);
		return;
	}
	findings_add(f, RUNG_PLAN, RESULT_PASS, "postgres", source, tool->version, NULL);
	if (source && source_version(r, toc) / 10000 != tool->major)
		findings_note(f, "restored on PostgreSQL %s, the source is %s: the box has no %d", tool->version, source,
			      source_version(r, toc) / 10000);
}

/* ---------------------------------------------------------------- extensions */

char *plan_extension_cure(const char *extension, int major)
{
	for (size_t i = 0; i < COUNT(packages); i++) {
		size_t length = strlen(packages[i].extension);
		bool several = packages[i].extension[length - 1] == '*';
		const char *number = strstr(packages[i].package, "%d");

		if (several ? strncmp(packages[i].extension, extension, length - 1) != 0
			    : !same(packages[i].extension, extension))
			continue;
		return format("install the package '%.*s%d%s' on the box (on an image of your own: EXTRA_PACKAGES)",
			      (int)(number - packages[i].package), packages[i].package, major, number + 2);
	}
	return format("install the package that brings it for PostgreSQL %d on the box", major);
}

static const struct extension *find_extension(const struct extension *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (same(list[i].name, name))
			return &list[i];
	return NULL;
}

/* By their numbers from the left: "3.5.10" is newer than "3.5.9". */
static int compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		unsigned long x, y;
		char *rest;

		a += strcspn(a, "0123456789");
		b += strcspn(b, "0123456789");
		x = strtoul(a, &rest, 10);
		a = rest;
		y = strtoul(b, &rest, 10);
		b = rest;
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static void extension_missing(const struct extension *e, int major, struct findings *f)
{
	autofree char *cure = plan_extension_cure(e->name, major);
	autofree char *version = e->version ? format(" (%s)", e->version) : xstrdup("");
	autofree char *dependants = e->needed_by ? format(" (for %s)", e->needed_by) : xstrdup("");

	findings_add(f, RUNG_PLAN, RESULT_UNDECIDED, e->name, e->version, "",
		     "the box has no extension '%s'%s, which the dump needs%s: %s; the dump itself was not judged", e->name,
		     version, 		     dependants, cure);
}

/* 'e' is what the dump asks for: with no version where that is all that is known. */
static void check_extension(const struct extension *e, const struct extension *here, struct plan *plan, struct findings *f)
{
	const char *name = e->name, *version = e->version;

	if (!here) {
		extension_missing(e, plan->tool->major, f);
		return;
	}
	if (version && here->version && compare_versions(here->version, version) != 0)
		strings_add_owned(compare_versions(here->version, version) < 0 ? &plan->older : &plan->newer,
				  format("%s %s (source: %s)", name, here->version, version));
	for (size_t i = 0; i < COUNT(preloads); i++)
		if (same(preloads[i].extension, name)) {
			char *more = plan->preload ? format("%s,%s", plan->preload, preloads[i].library)
						   : xstrdup(preloads[i].library);

			free(plan->preload);
			plan->preload = more;
		}
}

static size_t check_needed(const struct drill_request *r, const struct toc *toc, const struct extension *here,
			   size_t count, struct plan *plan, struct findings *f)
{
	size_t needed = 0;

	if (r->manifest) {
		for (size_t i = 0; i < r->manifest->extension_count; i++) {
			const struct extension *e = &r->manifest->extensions[i];

			check_extension(e, find_extension(here, count, e->name), plan, f);
		}
		return r->manifest->extension_count;
	}
	for (size_t i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->items[i];

		if (!same(e->type, "EXTENSION"))
			continue;
		check_extension(&(struct extension){.name = e->name}, find_extension(here, count, e->name), plan, f);
		needed++;
	}
	return needed;
}

static int check_extensions(const struct drill_request *r, const struct toc *toc, struct plan *plan, struct findings *f,
			    struct error *err)
{
	struct extension *here = NULL;
	size_t count = 0, needed, lacking = f->check_count;

	if (toolset_extensions(plan->tool, r->deadline, &here, &count, err) < 0) {
		if (err->kind == ERR_STOPPED || err->kind == ERR_TIMEOUT)
			return -1;
		findings_add_error(f, RUNG_PLAN, "extensions", err);
		return 0;
	}
	needed = check_needed(r, toc, here, count, plan, f);
	toolset_extensions_done(here, count);
	if (needed && f->check_count == lacking) {
		autofree char *n = format("%zu", needed);

		findings_add(f, RUNG_PLAN, RESULT_PASS, "extensions", n, n, NULL);
	}
	if (plan->older.count) {
		autofree char *names = strings_join(&plan->older, ", ", NAMED_MOST);

		findings_note(f, "restored with extensions older than the source's: %s", names);
	}
	return 0;
}

/* ---------------------------------------------------------------- locale */

static void add_name(struct strings *names, const char *name)
{
	if (name && name[0] && !strings_have(names, name))
		strings_add(names, name);
}

/* The locales of libc that the database itself and collations ask for. */
static void wanted_locales(const struct drill_request *r, const struct database_shape *shape, const struct strings *collations,
			   struct strings *names)
{
	const struct object_class *c = r->manifest ? manifest_class(r->manifest, "collation") : NULL;

	add_name(names, shape->collate);
	add_name(names, shape->ctype);
	for (size_t i = 0; c && i < c->count; i++)
		for (size_t k = 0; k < c->keys.count; k++)
			if (same(c->keys.items[k], "collate") || same(c->keys.items[k], "ctype"))
				add_name(names, c->objects[i].values[k]);
	for (size_t i = 0; i < collations->count; i++) {
		autofree char *locale = collation_locale(collations->items[i], shape->encoding);

		add_name(names, locale);
	}
}

static void substitute(char **locale, const struct strings *missing, const char *instead, struct plan *plan)
{
	if (!*locale || !strings_have(missing, *locale))
		return;
	set_text(&plan->substituted_locale, *locale);
	set_text(locale, instead);
}

/* Plain SQL without --create says how its letters are coded and no more: C knows every one of them, and no order of words. */
static void take_any_locale(const char *ctype, struct plan *plan, struct findings *f)
{
	plan->locale_unknown = true;
	set_text(&plan->shape.collate, "C");
	set_text(&plan->shape.ctype, ctype);
	findings_note(f, "the locale of the database is not in this dump, as it is with pg_dump --create: restored under "
			 "'%s'; what the order of text could explain is undecided and not a fail", ctype);
}

static int check_locale(const struct drill_request *r, const struct toc *toc, struct plan *plan, struct findings *f,
			struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0}, missing = {0};
	const char *instead;

	database_shape(r->manifest, toc, &plan->shape);
	collations_wanted(r->manifest, &plan->collations);
	wanted_locales(r, &plan->shape, &plan->collations, &names);
	if (locale_provide(&names, r->data, r->deadline, &plan->locales, &missing, err) < 0)
		return -1;
	instead = plan->shape.encoding && same(plan->shape.encoding, "UTF8") ? "C.UTF-8" : "C";
	if (!r->manifest && dump_form_is_plain(r->dump->form) && !plan->shape.collate && !plan->shape.icu_locale) {
		take_any_locale(instead, plan, f);
		return 0;
	}
	substitute(&plan->shape.collate, &missing, "C", plan);
	substitute(&plan->shape.ctype, &missing, instead, plan);
	if (plan->substituted_locale) {
		findings_add(f, RUNG_PLAN, RESULT_SKIP, "locale", plan->substituted_locale, plan->shape.collate,
			     "the box has no locale '%s' and cannot compile it: install the package 'locales'",
			     plan->substituted_locale);
		findings_note(f, "restored under locale '%s' instead of '%s': what the order of text could explain is "
				 "undecided and not a fail",
			      plan->shape.collate, plan->substituted_locale);
	} else if (plan->shape.collate) {
		findings_add(f, RUNG_PLAN, RESULT_PASS, "locale", plan->shape.collate, plan->shape.collate, "%s",
			     plan->locales ? "compiled by the box" : "");
	}
	return 0;
}

/* ---------------------------------------------------------------- room */

/* What the dump has in bytes, or would have as an archive. */
static int64_t packed_bytes(const struct drill_request *r, const struct toc *toc)
{
	return toc->unpacked ? toc->unpacked / UNFOLDS_TO * SQL_UNFOLDS_TO : r->dump->bytes;
}

static int check_disk(const struct drill_request *r, int64_t least, int64_t *ret_free, struct findings *f, struct error *err)
{
	char need[UNIT_TEXT], have[UNIT_TEXT], keep[UNIT_TEXT];

	if (free_bytes(r->data, ret_free, err) < 0)
		return -1;
	human_bytes(least, need);
	human_bytes(*ret_free, have);
	if (*ret_free - PLAN_KEEP_FREE < least)
		findings_add(f, RUNG_PLAN, RESULT_UNDECIDED, "room", need, have,
			     "no room to restore: at least %s of scratch space are needed on '%s', %s are free and %s of them "
			     "stay so; free some, or 'drillbox prune'",
			     need, r->data, have, human_bytes(PLAN_KEEP_FREE, keep));
	else
		findings_add(f, RUNG_PLAN, RESULT_PASS, "room", need, have, "on the disk");
	return 0;
}

static int check_room(const struct drill_request *r, const struct toc *toc, struct plan *plan, struct findings *f,
		      struct text *summary, struct error *err)
{
	int64_t memory = free_memory(), disk;
	char need[UNIT_TEXT], have[UNIT_TEXT];

	plan->estimate = plan_estimate(r->known_scratch, r->manifest, packed_bytes(r, toc));
	plan->least = plan_least(r->known_scratch, r->manifest, packed_bytes(r, toc));
	plan->in_memory = plan_fits_memory(plan->estimate, memory);
	human_bytes(plan->estimate, need);
	if (plan->in_memory) {
		plan->memory_bytes = memory / 2;
		findings_add(f, RUNG_PLAN, RESULT_PASS, "room", need, human_bytes(memory, have), "in memory");
		text_addf(summary, "; %s of %s free memory", need, have);
		return 0;
	}
	if (check_disk(r, plan->least, &disk, f, err) < 0)
		return -1;
	text_addf(summary, "; %s of %s scratch", need, human_bytes(disk, have));
	return 0;
}

int plan_move_to_disk(const struct drill_request *r, struct plan *p, struct findings *f, struct error *err)
{
	char tried[UNIT_TEXT];
	int64_t disk;

	p->in_memory = false;
	findings_note(f, "restored on the disk: %s of memory were not enough", human_bytes(p->memory_bytes, tried));
	return check_disk(r, p->least, &disk, f, err);
}

/* ---------------------------------------------------------------- all of it */

int plan_make(const struct drill_request *r, const struct tool *tool, const struct toc *toc, struct plan *ret,
	      struct findings *f, struct text *summary, struct error *err)
{
	const char *source = r->manifest ? r->manifest->server_version : toc->server_version;

	ret->tool = tool;
	ret->jobs = plan_jobs(r->source->drill_jobs, r->manifest, r->dump->bytes);
	text_addf(summary, "restore on %s (source %s)", tool->version, source ? source : "unknown");
	if (r->manifest && r->manifest->role_count)
		text_addf(summary, "; %zu %s", r->manifest->role_count,
			  r->manifest->role_count == 1 ? "role as stand-in" : "roles as stand-ins");
	check_version(r, tool, toc, f);
	if (check_extensions(r, toc, ret, f, err) < 0 || check_locale(r, toc, ret, f, err) < 0)
		return -1;
	return check_room(r, toc, ret, f, summary, err);
}

void plan_done(struct plan *p)
{
	database_shape_done(&p->shape);
	free(p->substituted_locale);
	free(p->locales);
	free(p->preload);
	strings_done(&p->collations);
	strings_done(&p->newer);
	strings_done(&p->older);
	*p = (struct plan){0};
}
