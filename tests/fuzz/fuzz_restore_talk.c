/* pg_restore's standard error, which comes in pieces. */
#include "drill/restore_talk.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	CLEANUP(restore_talk_done) struct restore_talk talk = {0};
	CLEANUP(judgement_done) struct judgement judgement = {0};

	restore_talk_add(&talk, (const char *)bytes, n / 2);
	restore_talk_add(&talk, (const char *)bytes + n / 2, n - n / 2);
	restore_talk_end(&talk);
	restore_talk_judge(&talk, &judgement);
	return 0;
}
