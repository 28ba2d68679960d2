/* drillbox: the verb table. Usage, help and dispatch walk the same table. */
#include <string.h>

#include "base/text.h"
#include "drill/plain_reader.h"
#include "port/escape.h"
#include "port/sandbox.h"
#include "run/account.h"
#include "run/configuration.h"
#include "run/login.h"
#include "run/program.h"
#include "run/verb.h"

#define IMPORT_MOST 1000 /* files */

static const struct verb verbs[] = {
	{"status", "", "one screen: is all well, and if not, what is wrong",
	 "The first line says what is wrong, or that all is well. Exit code: 0 all proven\n"
	 "and in date, 1 a source's newest dump is refuted, 2 undecided, 3 not in date.\n",
	 0, 0, OPT_JSON, verb_status},
	{"history", "[SOURCE]", "rounds, pulls and drills, newest first",
	 "A pull that did not deliver is a row with its sentence.\n",
	 0, 1, OPT_JSON | OPT_LIMIT | OPT_SINCE, verb_history},
	{"show", "[DRILL|SOURCE|DUMP]", "one drill whole; how to restore its dump by hand",
	 "A drill is named by its number in 'history', or as the newest of a source or\n"
	 "of a dump; without a name it is the newest of all.\n",
	 0, 1, OPT_JSON, verb_show},
	{"dumps", "[SOURCE]", "the catalogue, with why each dump is kept", "", 0, 1, OPT_JSON, verb_dumps},
	{"list", "DUMP", "the contents of one dump", "", 1, 1, OPT_JSON, verb_list},
	{"fetch", "DUMP", "the stored bytes, digest checked on the way",
	 "They go to standard output; a directory dump comes as a tar archive. Exit code\n"
	 "1: what was read is not what was stored, and what came out must not be used.\n",
	 1, 1, 0, verb_fetch},
	{"pull", "SOURCE", "a fresh dump into the store", "", 1, 1, OPT_WAIT | OPT_JSON | OPT_TRIGGER, verb_pull},
	{"import", "FILE...", "dumps that were made by hand, into the store",
	 "A custom, tar or directory archive of pg_dump, or plain SQL, also in gzip or zstd:\n"
	 "told by its bytes, stored as it is, and drilled like any other. '-' is standard\n"
	 "input, such as for a file that only root may read:\n"
	 "sudo cat FILE | sudo drillbox import -\n\n"
	 "FILE.sha256 beside it, as sha256sum writes it, is enforced; FILE.json is taken as\n"
	 "its manifest where that list names it too. Without a manifest, of when the data is\n"
	 "is a guess, and a note says by what.\n\n"
	 "Several files: each by itself. Exit code: 0 all are in the store (also what was\n"
	 "there before), 2 one is not.\n",
	 1, IMPORT_MOST, OPT_SOURCE | OPT_DATABASE | OPT_AS_OF | OPT_JSON | OPT_WAIT, verb_import},
	{"drill", "[SOURCE|DUMP]", "restore a dump into a throwaway server and check it",
	 "Without a name: the newest dump of each source. Exit code: 0 pass, 1 fail\n"
	 "(evidence that the dump is bad), 2 undecided (the box could not tell).\n\n"
	 "A quick drill leaves out rows, sequences and time, and proves nothing; a\n"
	 "standard one has them; a deep one compares the contents of every table and looks\n"
	 "into indexes too.\n",
	 0, 1, OPT_WAIT | OPT_JSON | OPT_KEEP | OPT_LEVEL | OPT_TRIGGER, verb_drill},
	{"round", "[SOURCE]", "pull, then drill what was pulled",
	 "Without a name: each source in turn. Retention follows each round.\n",
	 0, 1, OPT_WAIT | OPT_JSON | OPT_LEVEL | OPT_TRIGGER, verb_round},
	{"watch", "", "follow the running round", "Phase, bytes, rate, time left and lights, until it ends.\n", 0, 0, OPT_JSON,
	 verb_watch},
	{"stop", "", "stop the running round; it becomes undecided", "", 0, 0, 0, verb_stop},
	{"ack", "[SOURCE]", "acknowledge a red light from home",
	 "The light stays red, steadily, until the source passes.\n", 0, 1, 0, verb_ack},
	{"accept", "DUMP --why TEXT", "vouch for a dump: later ones are compared with it",
	 "For a source that shrank on purpose, moved to another server, or has nothing to\n"
	 "compare with yet. It is in the ledger with who, when and why, and never makes\n"
	 "green by itself: drill the dump again afterwards.\n",
	 1, 1, OPT_WHY, verb_accept},
	{"prune", "", "remove the dumps that retention lets go; say why", "", 0, 0, OPT_DRY_RUN | OPT_WAIT | OPT_JSON,
	 verb_prune},
	{"doctor", "[SOURCE]", "what could stop the next round, with the cure",
	 "With --sandbox, instead: this program tries, in a sandbox as the scratch server's, to\n"
	 "get out of it. Exit code 2: something in there could.\n" DOCTOR_TO_HELP,
	 0, 1, OPT_TO | OPT_SANDBOX | OPT_JSON, verb_doctor},
	{"check", "", "read configuration and checks; say what is wrong", "", 0, 0, OPT_JSON, verb_check},
	{"config", "[SOURCE]", "the configuration as it is understood",
	 "With --all every key, with its value, default and meaning.\n", 0, 1, OPT_ALL | OPT_JSON, verb_config},
	{"notify", "", "tell who is to be told: what is due now",
	 "The daemon runs it when there is news, and once more when something could not be\n"
	 "delivered: after 1, 5, 15 minutes, then hourly, for a week. --test goes to each\n"
	 "webhook, and to URL/log of each ping, which changes nothing there. --ping calls\n"
	 "the dead-man's switch, and only while a live daemon shows green; it does not go\n"
	 "with --test.\n"
	 "Exit code: 2 when something could not be delivered.\n",
	 0, 0, OPT_TEST | OPT_PING, verb_notify},
	{"provision", "", "set the box up from drillbox.txt on its card",
	 "As root, at each start of the box, before the network. The file is checked whole,\n"
	 "applied, its passwords and keys are taken off the card, and RESULT.txt beside it\n"
	 "says what became of it. One that was applied and did not change is left alone.\n"
	 "Exit code: 0 also without a file, 78 refused (nothing was changed), 2 could not\n"
	 "be done whole yet (no data disk: name, keys and network were applied).\n",
	 0, 0, OPT_BOOT | OPT_ROOT | OPT_KEYS, verb_provision},
	{"unlock", "", "open the encrypted data disk; at first encrypt it",
	 "As root, once after each start of a box whose drillbox.txt says encrypt = yes.\n"
	 "The passphrase is asked for, or read as one line where standard input is no\n"
	 "terminal. The first time the data disk is encrypted with a new one; a disk that\n"
	 "the box has worked on, or that holds anything else, is left as it is.\n"
	 "Exit code: 0 also when it was open, 2 another passphrase or no such disk, 64 no\n"
	 "or too short a passphrase, 78 the disk cannot be encrypted as it is.\n",
	 0, 0, 0, verb_unlock},
	{"publish", "SOURCE --to FOLDER", "a fresh dump into a folder for a web server", PUBLISH_HELP, 1, 1,
	 OPT_TO | OPT_WAIT | OPT_JSON, verb_publish},
	{"daemon", "", "keep the schedule, the lights and the button",
	 "Runs in the foreground; a service manager starts it.\n", 0, 0, 0, verb_daemon},
};

/* What sets the system itself up is done as root, what is published as the folder's owner; all else as the user whose box it is. */
static int settle(const struct verb *verb, const struct options *o, struct error *err)
{
	if (verb->run == verb_provision || verb->run == verb_unlock || verb->run == verb_publish || o->to)
		return 0;
	return account_settle(o->config, err);
}

static const struct program program = {
	.name = "drillbox",
	.about = "Pulls PostgreSQL dumps, restores each into a throwaway server, and shows on a\n"
		 "light whether what came back is what was there.\n",
	.options = "  -c REQUEST      as a login shell: what may be asked over SSH, and nothing else\n",
	.exits = "Exit codes: 0 pass, 1 fail,\n"
		 "2 undecided, 3 not in date, 64 usage, 78 configuration, 70 a bug of ours.",
	.verbs = verbs,
	.verb_count = COUNT(verbs),
	.settle = settle,
};

/* As somebody's shell: one request, by the same table, and the end. */
static int serve_login(int argc, char **argv)
{
	CLEANUP(strings_done) struct strings words = {0};
	struct options o = {.config = CONFIGURATION_DEFAULT, .remote = true};
	autofree char **again = NULL;
	struct error err;
	int code;

	if (login_open(argc, argv, &words, &err) < 0)
		return say_error(&err);
	if (words.count == 0) {
		code = program_run(&program, 1, (char *[]){"status", NULL}, &o);
		login_greet();
		return code;
	}
	again = xcalloc(words.count + 1, sizeof(*again)); /* options_parse() moves the words about */
	memcpy(again, words.items, words.count * sizeof(*again));
	return program_run(&program, (int)words.count, again, &o);
}

int main(int argc, char **argv)
{
	if (login_asked(argc, argv))
		return serve_login(argc, argv);
	if (argc > 1 && strcmp(argv[1], SANDBOX_INNER) == 0)
		return sandbox_inner(argc, argv);
	if (argc > 1 && strcmp(argv[1], PLAIN_READER) == 0)
		return plain_reader(argc, argv);
	if (argc > 1 && strcmp(argv[1], ESCAPE_PROBE) == 0)
		return escape_probe(argc, argv);
	return program_main(&program, argc, argv);
}
