#include "drill/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/archive.h"
#include "drill/plain_reader.h"
#include "drill/restore_talk.h"
#include "drill/tarball.h"

#define ENTRIES_CAP 1000000
#define SELECTED "; Selected TOC Entries:"

/* Types of entries; of those that begin alike the longer one stands first. */
static const char *const types[] = {
	"ACCESS METHOD",
	"ACL",
	"AGGREGATE",
	"BLOB COMMENTS",
	"BLOB METADATA",
	"BLOBS",
	"BLOB",
	"CAST",
	"CHECK CONSTRAINT",
	"COLLATION",
	"COMMENT",
	"CONSTRAINT",
	"CONVERSION",
	"DATABASE PROPERTIES",
	"DATABASE",
	"DEFAULT ACL",
	"DEFAULT",
	"DOMAIN",
	"ENCODING",
	"EVENT TRIGGER",
	"EXTENSION",
	"FK CONSTRAINT",
	"FOREIGN DATA WRAPPER",
	"FOREIGN SERVER",
	"FOREIGN TABLE",
	"FUNCTION",
	"INDEX ATTACH",
	"INDEX",
	"LARGE OBJECT",
	"MATERIALIZED VIEW DATA",
	"MATERIALIZED VIEW",
	"OPERATOR CLASS",
	"OPERATOR FAMILY",
	"OPERATOR",
	"POLICY",
	"PROCEDURAL LANGUAGE",
	"PROCEDURE",
	"PUBLICATION TABLES IN SCHEMA",
	"PUBLICATION TABLE",
	"PUBLICATION",
	"ROW SECURITY",
	"RULE",
	"SCHEMA",
	"SEARCHPATH",
	"SECURITY LABEL",
	"SEQUENCE OWNED BY",
	"SEQUENCE SET",
	"SEQUENCE",
	"SERVER",
	"SHELL TYPE",
	"STATISTICS DATA",
	"STATISTICS",
	"STDSTRINGS",
	"SUBSCRIPTION TABLE",
	"SUBSCRIPTION",
	"TABLE ATTACH",
	"TABLE DATA",
	"TABLE",
	"TEXT SEARCH CONFIGURATION",
	"TEXT SEARCH DICTIONARY",
	"TEXT SEARCH PARSER",
	"TEXT SEARCH TEMPLATE",
	"TRANSFORM",
	"TRIGGER",
	"TYPE",
	"USER MAPPING",
	"VIEW",
};

/* --- the list --- */

/*
 * The type at the start of 'rest', which is moved past it. An entry that stands
 * for no catalogue row of its own ("TABLE DATA", class 0) is told apart by that
 * from a TABLE in a schema called DATA.
 */
static const char *take_type(char **rest, bool has_class)
{
	static const char *const without_class[] = {"TABLE DATA",   "TABLE ATTACH",	 "INDEX ATTACH",
						    "SEQUENCE SET", "SEQUENCE OWNED BY", "MATERIALIZED VIEW DATA"};

	for (size_t i = 0; i < COUNT(types); i++) {
		size_t n = strlen(types[i]);
		bool skip = false;

		for (size_t k = 0; has_class && k < COUNT(without_class); k++)
			skip = skip || strcmp(types[i], without_class[k]) == 0;
		if (skip || strncmp(*rest, types[i], n) != 0 || (*rest)[n] != ' ')
			continue;
		*rest += n + 1;
		return types[i];
	}
	return "?";
}

/* "215; 1259 16386 TABLE public orders shop": id, class, oid, type, schema, name, owner. */
static bool parse_entry(const char *line, struct toc_entry *ret)
{
	autofree char *copy = xstrdup(line);
	unsigned int class, oid;
	int id, used = 0;
	char *rest, *blank;

	if (sscanf(copy, "%d; %u %u %n", &id, &class, &oid, &used) < 3 || used == 0 || id <= 0)
		return false;
	rest = copy + used;
	*ret = (struct toc_entry){.id = id, .type = take_type(&rest, class != 0)};
	blank = strchr(rest, ' ');
	if (!blank)
		return false;
	*blank = '\0';
	ret->schema = xstrdup(rest);
	rest = blank + 1;
	blank = strrchr(rest, ' ');
	ret->owner = xstrdup(blank ? blank + 1 : "");
	if (blank)
		*blank = '\0';
	ret->name = xstrdup(rest);
	return true;
}

/* "16.14 (Debian 16.14-1)" -> "16.14" */
static void set_version(char **slot, const char *text)
{
	autofree char *version = xstrndup(text, strcspn(text, " "));

	set_text(slot, version);
}

static int version_num(const char *version)
{
	int major = 0, minor = 0;

	if (!version || sscanf(version, "%d.%d", &major, &minor) < 1 || major < 10 || major > 99)
		return 0;
	return major * 10000 + minor;
}

/* The facts of which there may be several, or that are no text. */
static void take_plain_fact(struct toc *toc, const char *line)
{
	static const char role[] = "; Role: ", left_out[] = "; Left out: ", unpacked[] = "; Unpacked bytes: ";

	if (starts_with(line, role))
		strings_add(&toc->roles, line + strlen(role));
	else if (starts_with(line, left_out))
		strings_add(&toc->left_out, line + strlen(left_out));
	else if (starts_with(line, unpacked))
		(void)parse_int(line + strlen(unpacked), 0, INT64_MAX, &toc->unpacked);
	else if (strcmp(line, "; Makes public: yes") == 0)
		toc->makes_public = true;
}

/* ";     dbname: shop", as the list's head has them. */
static void take_fact(struct toc *toc, const char *line)
{
	const struct {
		const char *key;
		char **slot;
		bool version;
	} facts[] = {
		{"; Archive created at ", &toc->created, false},
		{";     dbname: ", &toc->database, false},
		{";     Format: ", &toc->format, false},
		{";     Dump Version: ", &toc->version, false},
		{";     Dumped from database version: ", &toc->server_version, true},
		{";     Dumped by pg_dump version: ", &toc->dumped_by, true},
		{"; Encoding: ", &toc->encoding, false},
		{"; Created by: ", &toc->create_database, false},
	};

	for (size_t i = 0; i < COUNT(facts); i++) {
		if (!starts_with(line, facts[i].key))
			continue;
		if (facts[i].version)
			set_version(facts[i].slot, line + strlen(facts[i].key));
		else
			set_text(facts[i].slot, line + strlen(facts[i].key));
	}
	take_plain_fact(toc, line);
}

/* The database's own entries, which pg_restore restores only with --create. */
static bool of_database(const struct toc_entry *e)
{
	static const char *const attached[] = {"ACL", "COMMENT", "SECURITY LABEL"};

	if (strcmp(e->type, "DATABASE") == 0 || strcmp(e->type, "DATABASE PROPERTIES") == 0)
		return true;
	for (size_t i = 0; i < COUNT(attached); i++)
		if (strcmp(e->type, attached[i]) == 0 && strcmp(e->schema, "-") == 0 && starts_with(e->name, "DATABASE "))
			return true;
	return false;
}

static int add_entry(struct toc *toc, const char *line, struct error *err)
{
	struct toc_entry entry;

	if (toc->count >= ENTRIES_CAP)
		return fail(err, ERR_DATA, "the archive lists more than %d entries, and no more are taken: restore it by hand",
			    ENTRIES_CAP);
	if (!parse_entry(line, &entry))
		return fail(err, ERR_DATA, "pg_restore lists an entry that is none: '%.100s': look at it with 'pg_restore --list'",
			    line);
	if (of_database(&entry))
		entry.line = xstrdup(line);
	toc->items = grow(toc->items, toc->count, sizeof(*toc->items));
	toc->items[toc->count++] = entry;
	return 0;
}

int toc_parse(const char *text, size_t n, struct toc *ret, struct error *err)
{
	CLEANUP(toc_done) struct toc toc = {0};
	autofree char *copy = xstrndup(text, n);
	bool selected = false;
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (!selected) {
			take_fact(&toc, line);
			selected = starts_with(line, SELECTED);
		} else if (*line && *line != ';' && add_entry(&toc, line, err) < 0) {
			return -1;
		}
	}
	if (!selected || !toc.version || !toc.format)
		return fail(err, ERR_DATA, "pg_restore did not print a list of contents: try 'pg_restore --list' on it by hand");
	toc.server_version_num = version_num(toc.server_version);
	*ret = toc;
	toc = (struct toc){0};
	return 0;
}

size_t toc_count(const struct toc *toc, const char *type)
{
	size_t n = 0;

	for (size_t i = 0; i < toc->count; i++)
		n += strcmp(toc->items[i].type, type) == 0;
	return n;
}

void toc_done(struct toc *toc)
{
	for (size_t i = 0; i < toc->count; i++) {
		free(toc->items[i].schema);
		free(toc->items[i].name);
		free(toc->items[i].owner);
		free(toc->items[i].line);
	}
	free(toc->items);
	free(toc->database);
	free(toc->created);
	free(toc->format);
	free(toc->version);
	free(toc->server_version);
	free(toc->dumped_by);
	free(toc->create_database);
	free(toc->encoding);
	strings_done(&toc->roles);
	strings_done(&toc->left_out);
	*toc = (struct toc){0};
}

/* --- the database's shape --- */

/* The value of "KEY = 'value'" in a CREATE DATABASE statement; NULL when it is not there. */
static char *value_of(const char *sql, const char *key)
{
	autofree char *pattern = format(" %s = '", key);
	const char *at = sql ? strstr(sql, pattern) : NULL;
	struct text out = {0};

	if (!at)
		return NULL;
	for (at += strlen(pattern); *at; at++) {
		/* a quote within is written twice, one alone is the end */
		if (at[0] == '\'' && at[1] != '\'')
			break;
		at += at[0] == '\'';
		text_add_bytes(&out, at, 1);
	}
	return text_take(&out);
}

static char *provider_of(const char *sql)
{
	static const char *const providers[] = {"libc", "icu", "builtin"};

	for (size_t i = 0; sql && i < COUNT(providers); i++) {
		autofree char *pattern = format("LOCALE_PROVIDER = %s", providers[i]);

		if (strstr(sql, pattern))
			return xstrdup(providers[i]);
	}
	return NULL;
}

static void shape_from_statement(const char *sql, struct database_shape *ret)
{
	autofree char *locale = value_of(sql, "LOCALE");

	ret->encoding = value_of(sql, "ENCODING");
	ret->provider = provider_of(sql);
	ret->collate = value_of(sql, "LC_COLLATE");
	ret->ctype = value_of(sql, "LC_CTYPE");
	ret->icu_locale = value_of(sql, "ICU_LOCALE");
	ret->icu_rules = value_of(sql, "ICU_RULES");
	if (!ret->icu_locale)
		ret->icu_locale = value_of(sql, "BUILTIN_LOCALE");
	if (locale && !ret->collate)
		ret->collate = xstrdup(locale);
	if (locale && !ret->ctype)
		ret->ctype = xstrdup(locale);
}

void database_shape(const struct manifest *m, const struct toc *toc, struct database_shape *ret)
{
	*ret = (struct database_shape){.connection_limit = -1};
	if (!m) {
		shape_from_statement(toc->create_database, ret);
		if (!ret->encoding)
			set_text(&ret->encoding, toc->encoding);
		return;
	}
	set_text(&ret->encoding, m->encoding);
	set_text(&ret->provider, m->locale_provider);
	set_text(&ret->collate, m->collate);
	set_text(&ret->ctype, m->ctype);
	set_text(&ret->icu_locale, m->icu_locale);
	set_text(&ret->owner, m->owner);
	ret->connection_limit = m->connection_limit;
}

void database_shape_done(struct database_shape *s)
{
	free(s->encoding);
	free(s->provider);
	free(s->collate);
	free(s->ctype);
	free(s->icu_locale);
	free(s->icu_rules);
	free(s->owner);
	*s = (struct database_shape){0};
}

/* --- the rung --- */

static const char *plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static void add_summary(const struct toc *toc, struct text *summary)
{
	static const struct {
		const char *type, *one, *many;
	} counted[] = {{"TABLE", "table", "tables"}, {"INDEX", "index", "indexes"}, {"EXTENSION", "extension", "extensions"}};

	autofree char *format_word = xstrdup(toc->format);

	for (char *c = format_word; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	text_addf(summary, "%s format, pg_dump %s of server %s", format_word,
		  toc->dumped_by ? toc->dumped_by : "unknown",
		  toc->server_version ? toc->server_version : "unknown");
	for (size_t i = 0; i < COUNT(counted); i++) {
		size_t n = toc_count(toc, counted[i].type);

		text_addf(summary, "%s %zu %s", i ? "," : ";", n, plural(n, counted[i].one, counted[i].many));
	}
}

/*
 * Every table whose rows are dumped has an entry with its data, also when it is
 * empty. A drill that counts rows itself names the tables; one that cannot is
 * told here.
 */
static void check_data_entries(const struct manifest *m, const struct toc *toc, struct findings *f)
{
	size_t expected = 0, actual = toc_count(toc, "TABLE DATA");
	autofree char *want = NULL, *have = NULL;

	for (size_t i = 0; i < m->relation_count; i++)
		expected += relation_is_dumped(&m->relations[i]);
	want = format("%zu", expected);
	have = format("%zu", actual);
	if (actual < expected)
		findings_add(f, RUNG_INSPECT, RESULT_FAIL, "tables with data", want, have,
			     "the archive holds the data of %zu %s fewer than the source had: was the dump made with "
			     "some left out?", expected - actual, plural(expected - actual, "table", "tables"));
	else
		findings_add(f, RUNG_INSPECT, RESULT_PASS, "tables with data", want, have, NULL);
}

/* Without a manifest only the list tells that rows were never meant to be in it; one who vouches for it should know. */
static void note_without_rows(const struct toc *toc, struct findings *f)
{
	size_t tables = toc_count(toc, "TABLE");

	if (tables && !toc_count(toc, "TABLE DATA"))
		findings_note(f, "this dump holds no rows, as pg_dump --schema-only makes it: it brings %zu %s back and no data",
			      tables, plural(tables, "empty table", "empty tables"));
}

/* pg_restore did not accept the archive: evidence against the dump only when it says so. */
static void judge_refusal(const struct process *p, struct findings *f)
{
	CLEANUP(restore_talk_done) struct restore_talk talk = {.ignored = -1};
	CLEANUP(judgement_done) struct judgement j = {0};

	restore_talk_add(&talk, p->errors.length ? p->errors.data : "", p->errors.length);
	restore_talk_end(&talk);
	if (process_signal(p)) {
		autofree char *epitaph = process_epitaph(p);

		findings_add(f, RUNG_INSPECT, RESULT_UNDECIDED, "archive", NULL, NULL, "%s; drill again", epitaph);
		return;
	}
	restore_talk_judge(&talk, &j);
	findings_add(f, RUNG_INSPECT, j.meaning == MEANING_DAMAGE ? RESULT_FAIL : RESULT_UNDECIDED, "archive",
		     "a list of contents", "none", "%s", j.sentence);
}

/* 1: there is an answer in 'p'; 0: it was judged; -1: stopped or out of time. */
static int ask_archive(const struct drill_request *r, const struct tool *tool, const char *const *options,
		       const char *list, struct process *p, struct findings *f, struct error *err)
{
	struct error why;

	if (archive_start(p, r->dump, tool, options, list, NULL, NULL, &why) == 0 &&
	    process_wait(p, r->deadline, &why) == 0) {
		if (process_succeeded(p))
			return 1;
		judge_refusal(p, f);
		return 0;
	}
	if (why.kind == ERR_STOPPED || why.kind == ERR_TIMEOUT) {
		*err = why;
		return -1;
	}
	findings_add_error(f, RUNG_INSPECT, "archive", &why);
	return 0;
}

/* Without a manifest only the archive knows how its database was made. */
static int read_statement(const struct drill_request *r, const struct tool *tool, struct toc *toc,
			  struct findings *f, struct error *err)
{
	static const char *const options[] = {"--create", "--schema-only", "--file=-", NULL};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	const char *line = NULL, *at, *end;
	int answered;

	for (size_t i = 0; i < toc->count; i++)
		if (strcmp(toc->items[i].type, "DATABASE") == 0)
			line = toc->items[i].line;
	if (!line)
		return 0;
	answered = ask_archive(r, tool, options, line, &p, f, err);
	if (answered <= 0)
		return answered;
	at = p.output.length ? strstr(p.output.data, "\nCREATE DATABASE ") : NULL;
	end = at ? strstr(at, ";\n") : NULL;
	if (end)
		toc->create_database = xstrndup(at + 1, (size_t)(end - at));
	return 0;
}

#define PLAIN "plain SQL"

/* As ask_archive(), of plain SQL. */
static int ask_plain(const struct drill_request *r, const struct tool *tool, struct process *p, struct findings *f,
		     struct error *err)
{
	const struct process_spec spec = {.capture = true};
	struct error why;

	if (plain_reader_start(p, r->dump, PLAIN_LIST, tool->major, &spec, &why) == 0 &&
	    process_wait(p, r->deadline, &why) == 0 && plain_reader_end(p, &why) == 0)
		return 1;
	if (why.kind == ERR_STOPPED || why.kind == ERR_TIMEOUT) {
		*err = why;
		return -1;
	}
	if (why.kind == ERR_DATA)
		findings_add(f, RUNG_INSPECT, RESULT_FAIL, PLAIN, "a whole dump", "none", "%s", why.text);
	else
		findings_add_error(f, RUNG_INSPECT, PLAIN, &why);
	return 0;
}

/* 0: the files of the folder are whole. -1 as plain_reader_end(). */
static int check_folder(const struct drill_request *r, const struct tool *tool, struct error *err)
{
	const struct process_spec spec = {.capture = true};
	CLEANUP(process_done) struct process p = PROCESS_INIT;

	if (plain_reader_start(&p, r->dump, PLAIN_FOLDER, tool->major, &spec, err) < 0 || process_wait(&p, r->deadline, err) < 0)
		return -1;
	return plain_reader_end(&p, err);
}

/* Whether nobody counts later what came back. */
static bool is_uncounted(const struct drill_request *r)
{
	return !r->listing && (!r->manifest || !r->manifest->counts_exact || !level_has_rung(r->level, RUNG_VOLUME));
}

/* 1: its frame is whole; 0: it was judged; -1: stopped or out of time. */
static int check_frame(const struct drill_request *r, const struct tool *tool, const struct toc *toc, struct findings *f,
		       struct error *err)
{
	struct error why;
	int whole = 0;

	if (r->dump->form == DUMP_FOLDER)
		whole = is_uncounted(r) ? check_folder(r, tool, &why) : 0;
	else if (same(toc->format, "TAR"))
		whole = tarball_check(r->dump->path, &why);
	if (whole == 0)
		return 1;
	if (why.kind == ERR_STOPPED || why.kind == ERR_TIMEOUT) {
		*err = why;
		return -1;
	}
	if (why.kind == ERR_DATA)
		findings_add(f, RUNG_INSPECT, RESULT_FAIL, "archive", "a whole archive", "none", "%s", why.text);
	else
		findings_add_error(f, RUNG_INSPECT, "archive", &why);
	return 0;
}

int inspect_dump(const struct drill_request *r, const struct tool *tool, struct toc *ret, struct findings *f,
		 struct text *summary, struct error *err)
{
	static const char *const options[] = {"--list", "--create", NULL};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	bool plain = dump_form_is_plain(r->dump->form);
	const char *check = plain ? PLAIN : "archive";
	struct error why;
	int answered = plain ? ask_plain(r, tool, &p, f, err) : ask_archive(r, tool, options, NULL, &p, f, err);

	if (answered <= 0)
		return answered;
	if (toc_parse(p.output.length ? p.output.data : "", p.output.length, ret, &why) < 0) {
		findings_add_error(f, RUNG_INSPECT, check, &why);
		return 0;
	}
	answered = check_frame(r, tool, ret, f, err);
	if (answered <= 0) {
		toc_done(ret);
		return answered;
	}
	if (!r->manifest && !plain && read_statement(r, tool, ret, f, err) < 0)
		return -1;
	findings_add(f, RUNG_INSPECT, RESULT_PASS, check, NULL, plain ? "whole" : ret->version, NULL);
	if (r->manifest && is_uncounted(r))
		check_data_entries(r->manifest, ret, f);
	if (!r->manifest && !r->listing)
		note_without_rows(ret, f);
	add_summary(ret, summary);
	return 0;
}
