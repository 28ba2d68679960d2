#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/manifest_file.h"

/* Whoever adds a member has to write and read it (manifest_file.c), and to set and compare it here. */
#if defined(__x86_64__) || defined(__aarch64__)
_Static_assert(sizeof(struct manifest) == 344, "a member of struct manifest that manifest_file.c does not know");
_Static_assert(sizeof(struct relation) == 64, "a member of struct relation that manifest_file.c does not know");
_Static_assert(sizeof(struct large_objects) == 24, "a member of struct large_objects that manifest_file.c does not know");
_Static_assert(sizeof(struct sequence) == 80, "a member of struct sequence that manifest_file.c does not know");
_Static_assert(sizeof(struct role) == 56, "a member of struct role that manifest_file.c does not know");
#endif

#define LATIN1 "caf\xe9"		   /* not UTF-8 */
#define CONTROLS "a\tb\nc\x01\x1f\x7f\"\\/" /* all of it is UTF-8 */
#define MANY_BYTES "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x98 \xe2\x80\xa8"

static void fill_texts(struct manifest *m)
{
	m->source = xstrdup("shop");
	m->database = xstrdup(MANY_BYTES);
	m->system_identifier = xstrdup("7569812345678901234");
	m->server_version = xstrdup("16.14");
	m->dumped_by = xstrdup("pg_dump 17.12");
	m->format = xstrdup("custom");
	m->encoding = xstrdup("SQL_ASCII");
	m->locale_provider = xstrdup("libc");
	m->collate = xstrdup("en_US.UTF-8");
	m->ctype = xstrdup("C");
	m->icu_locale = xstrdup("de-DE");
	m->collation_version = xstrdup("2.41");
	m->owner = xstrdup(LATIN1);
	m->comment = xstrdup(CONTROLS);
	m->acl = xstrdup("app=c/owner\n=T/owner");
	strings_add(&m->settings, "app\tsearch_path=shop, public");
	strings_add(&m->settings, LATIN1);
	strings_add(&m->settings_of_all, "statement_timeout=5s");
	strings_add(&m->not_dumped, "subscription x");
}

static void fill_lists(struct manifest *m)
{
	struct extension *e = manifest_add_extension(m);
	struct role *p = manifest_add_role(m);
	struct relation *r;
	struct sequence *s;
	struct object_class *c;
	struct object *o;

	e->name = xstrdup("pgcrypto");
	e->version = xstrdup("1.3");
	e->needed_by = xstrdup("1 relation: public.a");
	p->name = xstrdup("app");
	p->attributes = xstrdup("createdb login");
	strings_add(&p->member_of, "readers");
	strings_add(&p->member_of, LATIN1);
	strings_add(&p->memberships, "readers\tset");
	p->settings = xstrdup("work_mem=64MB\na=b");
	r = manifest_add_relation(m);
	*r = (struct relation){.name = xstrdup("public.b"), .rows = -1, .left_out = xstrdup("unlogged"), .bytes = 8192,
			       .not_hashed = xstrdup("grows")};
	r = manifest_add_relation(m);
	*r = (struct relation){.name = xstrdup("public.a"), .rows = INT64_MAX, .bytes = 1, .filtered = true,
			       .content = xstrdup("record:-12")};
	s = manifest_add_sequence(m);
	*s = (struct sequence){.name = xstrdup("public.s"), .last_value = -7, .is_called = true, .increment = -1,
			       .minimum = INT64_MIN, .maximum = INT64_MAX, .cycles = true,
			       .feeds = xstrdup("public.a.id"), .max_known = true, .max = -6};
	c = manifest_add_class(m, "view");
	strings_add(&c->keys, "owner");
	strings_add(&c->keys, "~query");
	o = object_class_add(c, "public.v");
	o->values[1] = xstrdup("SELECT '" LATIN1 "'");
	o = object_class_add(c, LATIN1);
	o->values[0] = xstrdup("");
	(void)manifest_add_class(m, "empty");
}

static void fill(struct manifest *m)
{
	*m = (struct manifest){0};
	fill_texts(m);
	fill_lists(m);
	m->database_oid = 4294967295;
	m->in_recovery = true;
	m->server_version_num = 160014;
	m->snapshot_time = 1763784900;
	m->box_time = 1763784901;
	m->connection_limit = -1;
	m->bytes = (int64_t)5 << 40;
	m->counts_exact = true;
	m->read_only_default = true;
	m->hashed = true;
	m->hash_ms = 1234;
	m->large_objects = (struct large_objects){.count = 3, .bytes = -1, .content = xstrdup("text:5")};
	manifest_sort(m);
}

static char *written(const struct manifest *m)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	struct error err;

	assert_int_equal(manifest_write(m, f, &err), 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(strlen(text), n);
	return text;
}

#define SAME_TEXT(member) assert_true(same(a->member, b->member))
#define SAME_NUMBER(member) assert_true(a->member == b->member)

static void same_lists(const struct strings *a, const struct strings *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_string_equal(a->items[i], b->items[i]);
}

static void same_database(const struct manifest *a, const struct manifest *b)
{
	SAME_TEXT(source);
	SAME_TEXT(database);
	SAME_TEXT(system_identifier);
	SAME_NUMBER(database_oid);
	SAME_NUMBER(in_recovery);
	SAME_TEXT(server_version);
	SAME_NUMBER(server_version_num);
	SAME_TEXT(dumped_by);
	SAME_TEXT(format);
	SAME_NUMBER(snapshot_time);
	SAME_NUMBER(box_time);
	SAME_TEXT(encoding);
	SAME_TEXT(locale_provider);
	SAME_TEXT(collate);
	SAME_TEXT(ctype);
	SAME_TEXT(icu_locale);
	SAME_TEXT(collation_version);
	SAME_TEXT(owner);
	SAME_TEXT(comment);
	SAME_TEXT(acl);
	SAME_NUMBER(connection_limit);
	SAME_NUMBER(bytes);
	SAME_NUMBER(counts_exact);
	SAME_NUMBER(read_only_default);
	SAME_NUMBER(large_objects.count);
	SAME_NUMBER(large_objects.bytes);
	same_lists(&a->settings, &b->settings);
	same_lists(&a->not_dumped, &b->not_dumped);
	SAME_NUMBER(hashed);
	SAME_NUMBER(hash_ms);
	SAME_TEXT(large_objects.content);
}

static void same_relation(const struct relation *a, const struct relation *b)
{
	SAME_TEXT(name);
	SAME_NUMBER(rows);
	SAME_TEXT(left_out);
	SAME_NUMBER(bytes);
	SAME_NUMBER(filtered);
	SAME_TEXT(content);
	SAME_TEXT(not_hashed);
}

static void same_sequence(const struct sequence *a, const struct sequence *b)
{
	SAME_TEXT(name);
	SAME_NUMBER(last_value);
	SAME_NUMBER(is_called);
	SAME_NUMBER(increment);
	SAME_NUMBER(minimum);
	SAME_NUMBER(maximum);
	SAME_NUMBER(cycles);
	SAME_TEXT(feeds);
	SAME_NUMBER(max_known);
	SAME_NUMBER(max);
}

static void same_role(const struct role *a, const struct role *b)
{
	SAME_TEXT(name);
	SAME_TEXT(attributes);
	SAME_TEXT(settings);
	same_lists(&a->member_of, &b->member_of);
	same_lists(&a->memberships, &b->memberships);
}

static void same_extension(const struct extension *a, const struct extension *b)
{
	SAME_TEXT(name);
	SAME_TEXT(version);
	SAME_TEXT(schema);
	SAME_TEXT(needed_by);
}

static void same_class(const struct object_class *a, const struct object_class *b)
{
	SAME_TEXT(name);
	same_lists(&a->keys, &b->keys);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		SAME_TEXT(objects[i].name);
		for (size_t j = 0; j < a->keys.count; j++)
			SAME_TEXT(objects[i].values[j]);
	}
}

#define SAME_ITEMS(one, items, length)                                                                                 \
	do {                                                                                                           \
		assert_int_equal(a.length, b.length);                                                                  \
		for (size_t i = 0; i < a.length; i++)                                                                  \
			one(&a.items[i], &b.items[i]);                                                                 \
	} while (0)

static void everything_comes_back(void **state)
{
	CLEANUP(manifest_done) struct manifest a = {0}, b = {0};
	autofree char *text = NULL, *again = NULL;
	struct error err;

	(void)state;
	fill(&a);
	text = written(&a);
	assert_int_equal(manifest_parse(text, strlen(text), &b, &err), 0);
	same_database(&a, &b);
	SAME_ITEMS(same_relation, relations, relation_count);
	SAME_ITEMS(same_sequence, sequences, sequence_count);
	SAME_ITEMS(same_role, roles, role_count);
	SAME_ITEMS(same_extension, extensions, extension_count);
	SAME_ITEMS(same_class, classes, class_count);
	assert_string_equal(b.owner, LATIN1);
	assert_string_equal(b.comment, CONTROLS);
	assert_int_equal(b.relations[1].rows, -1);
	again = written(&b);
	assert_string_equal(again, text);
}

static void an_empty_one_comes_back(void **state)
{
	CLEANUP(manifest_done) struct manifest a = {.snapshot_time = TIME_UNKNOWN}, b = {0};
	autofree char *text = written(&a);
	struct error err;

	(void)state;
	assert_int_equal(manifest_parse(text, strlen(text), &b, &err), 0);
	assert_null(b.database);
	assert_null(b.comment);
	assert_true(b.snapshot_time == TIME_UNKNOWN);
	assert_int_equal(b.relation_count, 0);
	assert_int_equal(b.class_count, 0);
}

/* As it was before contents were hashed, and as it is where they are not. */
static void what_came_later_may_be_absent(void **state)
{
	CLEANUP(manifest_done) struct manifest a = {0}, b = {0};
	autofree char *text = NULL;
	struct error err;

	(void)state;
	fill(&a);
	a.hashed = false;
	a.hash_ms = 0;
	for (size_t i = 0; i < a.relation_count; i++) {
		set_text(&a.relations[i].content, NULL);
		set_text(&a.relations[i].not_hashed, NULL);
	}
	set_text(&a.large_objects.content, NULL);
	text = written(&a);
	assert_null(strstr(text, "content"));
	assert_null(strstr(text, "hash"));
	assert_int_equal(manifest_parse(text, strlen(text), &b, &err), 0);
	same_database(&a, &b);
	SAME_ITEMS(same_relation, relations, relation_count);
}

static void one_object_is_one_line(void **state)
{
	CLEANUP(manifest_done) struct manifest a = {0};
	autofree char *text = NULL;

	(void)state;
	fill(&a);
	text = written(&a);
	/* what DATA/README.txt greps for */
	assert_non_null(strstr(text, "\n{\"name\":\"public.a\",\"rows\":9223372036854775807,"));
	assert_non_null(strstr(text, "\n{\"name\":\"app\",\"attributes\":"));
	assert_non_null(strstr(text, "\n{\"name\":\"pgcrypto\",\"version\":\"1.3\""));
	assert_non_null(strstr(text, "\"database\":{\"source\":\"shop\""));
}

/* Every proper prefix of a manifest is refused: nothing torn is taken for whole. */
static void a_torn_one_is_refused(void **state)
{
	CLEANUP(manifest_done) struct manifest a = {0};
	autofree char *text = NULL;
	size_t whole;

	(void)state;
	fill(&a);
	text = written(&a);
	whole = strlen(text) - 1; /* without the last newline it is still whole */
	for (size_t n = 0; n < whole; n++) {
		CLEANUP(manifest_done) struct manifest b = {0};
		struct error err;

		assert_int_equal(manifest_parse(text, n, &b, &err), -1);
		assert_int_equal(err.kind, ERR_DATA);
		assert_null(b.source);
	}
}

/* 'from' in the text of a whole manifest replaced by 'to': refused, and the sentence names what. */
static void refused_with(const char *from, const char *to, const char *says)
{
	CLEANUP(manifest_done) struct manifest a = {0}, b = {0};
	CLEANUP(text_done) struct text t = {0};
	autofree char *text = NULL;
	const char *at;
	struct error err = {0};

	fill(&a);
	text = written(&a);
	at = strstr(text, from);
	assert_non_null(at);
	text_add_bytes(&t, text, (size_t)(at - text));
	text_add(&t, to);
	text_add(&t, at + strlen(from));
	assert_int_equal(manifest_parse(t.data, t.length, &b, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	if (!strstr(err.text, says))
		print_error("'%s' does not say '%s'\n", err.text, says);
	assert_non_null(strstr(err.text, says));
	assert_null(b.source);
}

static void damage_is_named(void **state)
{
	(void)state;
	refused_with("\"schema\":1", "\"schema\":2", "newer drillbox");
	refused_with("\"schema\":1", "\"schema\":\"1\"", "'schema' is missing");
	refused_with("\"schema\":1", "\"schema\":0", "'schema' is missing");
	refused_with("\"rows\":9223372036854775807", "\"rows\":9223372036854775808", "damaged");
	refused_with("\"rows\":9223372036854775807", "\"rows\":1.5", "in relations, 'rows'");
	refused_with("\"rows\":9223372036854775807", "\"rows\":\"12\"", "in relations, 'rows'");
	refused_with("\"rows\":9223372036854775807,", "", "in relations, 'rows' is missing");
	refused_with("\"cycles\":true", "\"cycles\":1", "in sequences, 'cycles'");
	refused_with("\"server_version_num\":160014", "\"server_version_num\":99999999999", "'server_version_num'");
	refused_with("\"source\":\"shop\"", "\"source\":7", "in database, 'source'");
	refused_with("\"source\":\"shop\",", "", "in database, 'source' is missing");
	refused_with("2025-11-22T", "2025-11-22 at ", "'snapshot_time'");
	refused_with("{\"hex\":\"636166e9\"}", "{\"hex\":\"636166e\"}", "'");
	refused_with("{\"hex\":\"636166e9\"}", "{\"hex\":\"63610000\"}", "'");
	refused_with("{\"hex\":\"636166e9\"}", "{\"hax\":\"636166e9\"}", "'");
	refused_with("\"relations\":[", "\"relation\":[", "'relations' is not a list");
	refused_with("\"classes\":[", "\"classes\":{\"a\":[", "damaged");
	refused_with("[\"public.v\",null,", "[\"public.v\",", "a value too many or too few");
	refused_with("[\"public.v\",null,", "[null,null,", "an object without a name");
	refused_with("\"name\":\"pgcrypto\"", "\"name\":null", "in extensions, 'name'");
	refused_with("\"bytes\":5497558138880", "\"bytes\":1,\"bytes\":2", "duplicate");
	refused_with("shop", "sh\\u0000op", "damaged");
}

static void files_say_what_they_are(void **state)
{
	CLEANUP(manifest_done) struct manifest a = {0}, b = {0};
	char dir[] = "/tmp/manifest-XXXXXX";
	autofree char *path = NULL, *text = NULL;
	struct error err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = path_join(dir, "x.json");
	assert_int_equal(manifest_load(path, &b, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
	fill(&a);
	text = written(&a);
	assert_int_equal(write_file_durably(path, text, strlen(text), 0600, &err), 0);
	assert_int_equal(manifest_load(path, &b, &err), 0);
	assert_string_equal(b.source, "shop");
	assert_int_equal(truncate(path, 100), 0);
	manifest_done(&b);
	assert_int_equal(manifest_load(path, &b, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(remove_tree(dir, &err), 0);
}

static void a_full_disk_is_told(void **state)
{
	CLEANUP(manifest_done) struct manifest a = {0};
	autofclose FILE *full = fopen("/dev/full", "w");
	struct error err = {0};

	(void)state;
	if (!full)
		skip();
	fill(&a);
	setbuf(full, NULL);
	assert_int_equal(manifest_write(&a, full, &err), -1);
	assert_int_equal(err.kind, ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(an_empty_one_comes_back),
		cmocka_unit_test(what_came_later_may_be_absent),
		cmocka_unit_test(one_object_is_one_line),
		cmocka_unit_test(a_torn_one_is_refused),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(files_say_what_they_are),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
