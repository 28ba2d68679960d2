#include "model/precheck.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_CAP 4096
#define SENTENCE_IN_ERROR 360 /* so that what to do still fits behind it */

const char *precheck_level_word(enum precheck_level level)
{
	static const char *const words[] = {[PRECHECK_OK] = "ok", [PRECHECK_WARN] = "warn", [PRECHECK_BAD] = "bad"};

	return words[level];
}

void prechecks_add(struct prechecks *list, enum precheck_level level, enum error_kind kind, const char *name,
		   const char *cure, const char *fmt, ...)
{
	char sentence[SENTENCE_CAP];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	list->items = grow(list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = (struct precheck){
		.level = level,
		.kind = level == PRECHECK_BAD ? kind : ERR_NONE,
		.name = xstrdup(name),
		.sentence = xstrdup(sentence),
		.cure = xstrdup(cure ? cure : ""),
	};
}

void prechecks_add_error(struct prechecks *list, const char *name, const struct error *err)
{
	prechecks_add(list, PRECHECK_BAD, err->kind, name, "", "%s", err->text);
}

const struct precheck *prechecks_bad(const struct prechecks *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].level == PRECHECK_BAD)
			return &list->items[i];
	return NULL;
}

int prechecks_verdict(const struct prechecks *list, struct error *err)
{
	const struct precheck *bad = prechecks_bad(list);
	bool cut;

	if (!bad)
		return 0;
	if (!bad->cure[0])
		return fail(err, bad->kind, "%s", bad->sentence);
	cut = strlen(bad->sentence) > SENTENCE_IN_ERROR;
	/* a cure of several lines is for doctor's screen: an error is one sentence */
	if (cut || strchr(bad->cure, '\n'))
		return fail(err, bad->kind, "%.*s%s: 'drillbox doctor' prints %sthe cure", SENTENCE_IN_ERROR, bad->sentence,
			    cut ? "..." : "", cut ? "all of it and " : "");
	return fail(err, bad->kind, "%s: %s", bad->sentence, bad->cure);
}

void prechecks_done(struct prechecks *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].sentence);
		free(list->items[i].cure);
	}
	free(list->items);
	*list = (struct prechecks){0};
}
