/* drillbox-publish: the publishing half alone, for a host that has libpq and little else. */
#include "base/text.h"
#include "run/program.h"

static const struct verb verbs[] = {
	{"publish", "SOURCE --to FOLDER", "a fresh dump into a folder for a web server", PUBLISH_HELP, 1, 1,
	 OPT_TO | OPT_WAIT | OPT_JSON, verb_publish},
	{"doctor", "[SOURCE]", "what could stop the next one, with the cure", DOCTOR_TO_HELP, 0, 1, OPT_TO | OPT_JSON,
	 verb_publish_doctor},
	{"check", "", "read configuration and say what is wrong", "", 0, 0, OPT_JSON, verb_check},
	{"config", "[SOURCE]", "the configuration as it is understood",
	 "With --all every key, with its value, default and meaning.\n", 0, 1, OPT_ALL | OPT_JSON, verb_config},
};

static const struct program program = {
	.name = "drillbox-publish",
	.about = "Dumps a PostgreSQL database on its own host into a folder that a web server\n"
		 "serves, for a drillbox to pull.\n",
	.options = "",
	.exits = "Exit codes: 0 done,\n2 not done, 64 usage, 78 configuration, 70 a bug of ours.",
	.verbs = verbs,
	.verb_count = COUNT(verbs),
};

int main(int argc, char **argv)
{
	return program_main(&program, argc, argv);
}
