/* The scratch server's jsonlog. */
#include "drill/messages.h"
#include "fuzz/fuzz.h"

static void judge(const struct message *m)
{
	static const struct circumstances known = {.server_version_num = 170000, .source_version_num = 160014};
	CLEANUP(judgement_done) struct judgement judgement = {0};
	CLEANUP(strings_done) struct strings roles = {0};
	autofree char *subject = message_subject(m);

	message_judge(m, &known, &judgement);
	message_roles(m, &roles);
	(void)message_hangs_on_order(m, &judgement);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *log = fuzz_file(bytes, n);
	CLEANUP(messages_done) struct messages messages = {0};
	enum error_kind kind = ERR_NONE;
	autofree char *last_words = messages_last_words(log, &kind);
	struct error err;

	if (messages_read(log, 0, &messages, &err) == 0)
		for (size_t i = 0; i < messages.count; i++)
			judge(&messages.items[i]);
	return 0;
}
