#include "unit/unit.h"

#include "base/text.h"
#include "model/request.h"

#define DUMP "shop/shop_20261122_041500"

static char *joined(const struct strings *words)
{
	return strings_join(words, "|", 100);
}

static void test_what_can_be_asked(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"status", "status"},
		{"status --json", "status|--json"},
		{"history", "history"},
		{"history\tshop", "history|shop"},
		{"history --json shop --limit 5", "history|--json|shop|--limit|5"},
		{"history --since 7d", "history|--since|7d"},
		{"history --since 2026-11-22T04:15:00Z --limit 1000000", "history|--since|2026-11-22T04:15:00Z|--limit|1000000"},
		{"show", "show"},
		{"show 12", "show|12"},
		{"show shop --json", "show|shop|--json"},
		{"show " DUMP, "show|" DUMP},
		{"show shop/my%20shop%2Fprod_20261122_041500", "show|shop/my%20shop%2Fprod_20261122_041500"},
		{"dumps", "dumps"},
		{"dumps a_B-9", "dumps|a_B-9"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(strings_done) struct strings words = {0};
		autofree char *got = NULL;
		struct error err = {0};

		if (request_read(cases[i].text, NULL, &words, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err.text);
		got = joined(&words);
		assert_string_equal(got, cases[i].words);
	}
}

/* Refused whatever the key may do: none of these is spelled as a request is. */
static void test_what_cannot(void **state)
{
	static const char *const cases[] = {
		"", " ", "\t", "status ", " status", "status  --json", "status\t\t--json", "status\n", "status\r", "status\x01",
		"status\x7f", "st\xc3\xa4tus", "\xff", "status;id", "status ; id", "status|id", "status && id", "status & id",
		"status > /tmp/x", "status </etc/passwd", "status $HOME", "status $(id)", "status `id`", "'status'", "\"status\"",
		"\\status", "stat*", "status ?", "status [a]", "status {a,b}", "status ~", "status #", "!status", "STATUS",
		"Status", "statu", "statusx", "status status", "status shop", "status --", "status -", "status -j", "status --jso",
		"status --json=1", "status --json --json", "status --help", "status -h", "--help", "--version", "--json",
		"--config /tmp/x status", "status --config /tmp/x", "--verbose status", "-c status", "history --limit",
		"history --limit x", "history --limit -1", "history --limit 99999999", "history --limit=5",
		"history --limit 1 --limit 2",
		"history --since", "history --since --json", "history --since 'now'", "history --since 7d,x", "history shop shop",
		"history ../shop", "history /etc", "history -shop", "history shop/x", "history shop.conf", "history a%20b",
		("history " DUMP), "show -1", "show /etc/passwd", "show ../../etc/passwd",
		"show shop/../shop_20261122_041500", "show shop//shop_20261122_041500", ("show /" DUMP), ("show ./" DUMP),
		("show " DUMP ".dump"), ("show " DUMP "/"), "show shop/%2e%2e_20261122_041500", "show shop/%73hop_20261122_041500",
		"show shop/_20261122_041500", "show shop/shop_20261322_041500", "show shop/sh%00op_20261122_041500",
		"show shop shop", ("dumps " DUMP), "dumps --limit 1", "fetch", "fetch shop", "fetch 12", ("fetch --json " DUMP),
		("fetch " DUMP " " DUMP), ("fetch /var/lib/drillbox/store/" DUMP ".dump"), ("list " DUMP), "pull shop",
		"drill shop --keep 1h", "drill shop --json", "drill shop crm", "drill --level quick", "drill shop --trigger button",
		"round shop", "round", "prune", "prune --dry-run", ("accept " DUMP " --why x"), "ack", "stop", "check",
		"config --all",
		"doctor", "watch", "daemon", "help", "sandbox-inner 3 x y", "allow", "allow fetch", "sh", "sh -c id", "bash -i",
		"/bin/sh", "exit", "scp -t /tmp", "scp -f /etc/passwd", "/usr/lib/openssh/sftp-server", "internal-sftp", "sftp",
		"rsync --server --sender -vlogDtpre.iLsfxCIvu . /", "git-upload-pack '/x'", "git-receive-pack /x", "psql", "env",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(strings_done) struct strings words = {0};
		struct error err = {0};

		if (request_parse(cases[i], ~0U, &words, &err) == 0)
			fail_msg("'%s' was not refused", cases[i]);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_int_equal(words.count, 0);
		assert_non_null(strstr(err.text, "what can be asked here: status, history"));
	}
}

/* Where none of the words is refused for itself: how long a request may be. */
static void test_length(void **state)
{
	(void)state;
	for (int name = 1; name < 200; name++) {
		CLEANUP(strings_done) struct strings words = {0};
		autofree char *text = format("show %0*d", name, 0); /* of nothing but zeros: a source may be called so */
		struct error err = {0};

		assert_int_equal(request_parse(text, 0, &words, &err), name <= 64 ? 0 : -1);
	}
	/* a database's name of so many spaces, which take 3 bytes each */
	for (size_t spaces = 140; spaces < 180; spaces++) {
		CLEANUP(strings_done) struct strings words = {0};
		CLEANUP(text_done) struct text long_name = {0};
		struct error err = {0};

		text_add(&long_name, "show shop/");
		for (size_t i = 0; i < spaces; i++)
			text_add(&long_name, "%20");
		text_add(&long_name, "_20261122_041500");
		assert_int_equal(request_parse(long_name.data, 0, &words, &err), long_name.length <= REQUEST_LONGEST ? 0 : -1);
		if (long_name.length > REQUEST_LONGEST)
			assert_non_null(strstr(err.text, "not that long"));
	}
}

static void test_rights(void **state)
{
	static const struct {
		const char *command, *original;
		const char *words; /* NULL: refused */
	} cases[] = {
		{NULL, NULL, ""},
		{"allow", NULL, ""},
		{"allow", "", ""},
		{"allow fetch", NULL, ""},
		{"allow", "history", "history"},
		{"allow fetch", "history", "history"},
		{"allow fetch", "fetch " DUMP, "fetch|" DUMP},
		{"allow\tfetch", "fetch " DUMP, "fetch|" DUMP},
		{"allow", "fetch " DUMP, NULL},
		{"allow drill", "fetch " DUMP, NULL},
		{"allow fetch", "drill", NULL},
		{"allow drill", "drill", "drill"},
		{"allow fetch drill", "drill shop", "drill|shop"},
		{"allow drill fetch", "drill " DUMP, "drill|" DUMP},
		{"drill", NULL, NULL},
		{"allow fetch", "allow fetch", NULL},
		{"allow fetch", "sh -c id", NULL},
		{"allow  fetch", "history", NULL},
		{"allow everything", "history", NULL},
		{"allow everything", NULL, NULL},
		{"allow fetch;id", NULL, NULL},
		{"allowfetch", "history", NULL},
		/* without the key's line there is no right, whatever stands in the environment */
		{"fetch " DUMP, NULL, NULL},
		{"fetch " DUMP, "fetch " DUMP, NULL},
		{"", "history", NULL},
		/* a key that may see one thing: its own command is what runs */
		{"status", "history", "status"},
		{"status", "sh -c id", "status"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(strings_done) struct strings words = {0};
		autofree char *got = NULL;
		struct error err = {0};
		int done = request_read(cases[i].command, cases[i].original, &words, &err);

		if ((done == 0) != (cases[i].words != NULL))
			fail_msg("%s, %s: %s", cases[i].command, cases[i].original, done ? err.text : "not refused");
		if (done < 0)
			continue;
		got = joined(&words);
		assert_string_equal(got, cases[i].words);
	}
}

static void test_a_refusal_tells_what_the_key_may(void **state)
{
	CLEANUP(strings_done) struct strings words = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(request_read("id", NULL, &words, &err), -1);
	assert_string_equal(err.text,
			    "there is no such verb here; what can be asked here: status, "
			    "history [SOURCE] [--limit N] [--since T], show [DRILL|SOURCE|DUMP], dumps [SOURCE], each with --json");
	assert_int_equal(request_read("fetch " DUMP, NULL, &words, &err), -1);
	assert_non_null(strstr(err.text, "this key may not ask for that"));
	assert_null(strstr(err.text, "fetch DUMP"));
	assert_int_equal(request_read("allow fetch", "id", &words, &err), -1);
	assert_non_null(strstr(err.text, "fetch DUMP"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_can_be_asked),
		cmocka_unit_test(test_what_cannot),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_a_refusal_tells_what_the_key_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
