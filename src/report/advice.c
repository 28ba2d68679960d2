#include "report/advice.h"

#include <string.h>

#include "base/text.h"

#define LOOK "'drillbox drill {dump} --keep 1h' leaves what came back up to look at"

/* The first that holds all that it names. */
static const struct advice {
	enum rung rung;
	const char *detail; /* begins so; NULL: any */
	const char *actual; /* NULL: any */
	const char *likely; /* may be NULL */
	const char *to_do;  /* {dump} is filled in; {again}: what brings another one; {anew}: after a look at the source */
} advices[] = {
	{RUNG_MEDIA, NULL, NULL, NULL,
	 "look at the disk (the kernel's log names one that fails), then {again} for a dump that is whole"},
	{RUNG_INSPECT, NULL, NULL, "the dump was cut off or damaged where it was made, or on its way here", "{anew}"},
	{RUNG_RESTORE, "in the source already", NULL, "the dump is what the source is: a recovery from it would stop here too",
	 "mend it on the source, then {again}"},
	{RUNG_RESTORE, "pg_restore cannot read", NULL, "the dump was cut off or damaged where it was made, or on its way here",
	 "{anew}"},
	{RUNG_RESTORE, NULL, NULL, NULL, "{anew}"},
	{RUNG_STRUCTURE, NULL, "absent", "the dump was made with these left out, by options of pg_dump or a filter", "{anew}"},
	{RUNG_VOLUME, NULL, "0", "the dump was made with the rows of these left out, by options of pg_dump or a filter", "{anew}"},
	{RUNG_SEQUENCES, NULL, NULL, "the dump was made without the values of sequences; numbers would be handed out twice",
	 "{anew}"},
	{RUNG_CHECKS, NULL, NULL, NULL, LOOK},
	{RUNG_WRITES, NULL, NULL, NULL, LOOK},
	{RUNG_TIME, NULL, NULL, "the dump is whole, and larger than when its budget was set, or the box is slower",
	 "see which phase took long; 'budget' in [drill] is what may be taken"},
};

static const struct check *first_fail(const struct findings *f)
{
	for (size_t i = 0; i < f->check_count; i++)
		if (f->checks[i].result == RESULT_FAIL)
			return &f->checks[i];
	return NULL;
}

static bool fits(const struct advice *a, const struct check *c)
{
	return a->rung == c->rung && (!a->detail || starts_with(c->detail, a->detail)) &&
	       (!a->actual || same(c->actual, a->actual));
}

static char *filled_in(const char *sentence, const char *source, const char *dump)
{
	autofree char *again = source ? format("'drillbox round %s'", source)
				      : xstrdup("have another one made, and 'drillbox import' it");
	autofree char *anew = source ? format("'drillbox doctor %s', then %s", source, again) : xstrdup(again);
	const struct {
		const char *word;
		const char *value;
	} words[] = {{"{dump}", dump}, {"{again}", again}, {"{anew}", anew}};
	struct text out = {0};

	while (*sentence) {
		size_t n = strcspn(sentence, "{"), i = 0;

		text_add_bytes(&out, sentence, n);
		sentence += n;
		while (i < COUNT(words) && !starts_with(sentence, words[i].word))
			i++;
		if (i < COUNT(words)) {
			text_add(&out, words[i].value);
			sentence += strlen(words[i].word);
		}
	}
	return text_take(&out);
}

const char *advice_of(const struct findings *f, const char *source, const char *dump, char **ret_to_do)
{
	const struct check *c = first_fail(f);

	for (size_t i = 0; c && i < COUNT(advices); i++)
		if (fits(&advices[i], c)) {
			*ret_to_do = filled_in(advices[i].to_do, source, dump);
			return advices[i].likely;
		}
	*ret_to_do = filled_in("{anew}", source, dump);
	return NULL;
}
