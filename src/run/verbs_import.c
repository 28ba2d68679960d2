/* `import`: dumps that were made by hand, into the store. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "pull/handed.h"
#include "run/control.h"
#include "run/pulling.h"

#define SOURCE_DEFAULT "imported"

/* What became of one file. */
struct outcome {
	struct imported imported;
	struct error why;
	bool failed;
};

static void outcomes_free(struct outcome **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		imported_done(&(*list)[i].imported);
	free(*list);
	*list = NULL;
}

static int check_words(const struct options *o, const char *source, struct error *err)
{
	int inputs = 0;

	if (!source_name_valid(source))
		return fail(err, ERR_USAGE, "'--source %s' cannot be a source's name: letters, digits, '-' and '_'", source);
	if (o->database && o->arg_count > 1)
		return fail(err, ERR_USAGE, "--database is for one file at a time");
	if (o->as_of != TIME_UNKNOWN && o->arg_count > 1)
		return fail(err, ERR_USAGE, "--as-of is for one file at a time");
	for (int i = 0; i < o->arg_count; i++)
		inputs += same(o->args[i], HANDED_INPUT);
	if (inputs > 1)
		return fail(err, ERR_USAGE, "there is one standard input, and '-' stands for it twice");
	return 0;
}

/* As it is configured; a broken file is an error as for any verb that names it. With no file at all, the defaults. */
static int find_source(const struct box *box, const char *name, struct source_config *fallback,
		       const struct source_config **ret, struct error *err)
{
	if (config_source(&box->config, name))
		return box_source(box, name, ret, err);
	source_config_init(fallback, name);
	*ret = fallback;
	return 0;
}

static void import_one(struct box *box, const struct source_config *source, const struct options *o, const char *path,
		       struct outcome *ret)
{
	const struct handing what = {.path = path, .database = o->database, .as_of = o->as_of};

	ret->failed = work_import(box, source, &what, &ret->imported, &ret->why) < 0;
	if (ret->failed)
		log_error("%s", ret->why.text);
}

/* Each by itself; once it is asked to stop, no other is begun. */
static size_t import_all(struct box *box, const struct source_config *source, const struct options *o, struct outcome *list)
{
	size_t n = 0;

	while (n < (size_t)o->arg_count && !box_stopped(box)) {
		import_one(box, source, o, o->args[n], &list[n]);
		n++;
	}
	return n;
}

static int tell(const struct options *o, const struct outcome *list, size_t count)
{
	struct report r = report_to(stdout, o->json);
	autofree struct importation *items = xcalloc(count + 1, sizeof(*items));
	int code = count < (size_t)o->arg_count ? 2 : 0;

	for (size_t i = 0; i < count; i++) {
		const struct imported *in = &list[i].imported;

		items[i] = (struct importation){.file = o->args[i],
						.why = list[i].failed ? &list[i].why : NULL,
						.dump = list[i].failed ? NULL : &in->dump,
						.was_here = in->was_here,
						.seconds = in->seconds,
						.notes = &in->notes};
		if (list[i].failed)
			code = 2;
	}
	report_import(&r, items, count);
	return code;
}

int verb_import(const struct options *o)
{
	const char *name = o->source ? o->source : SOURCE_DEFAULT;
	CLEANUP(source_config_done) struct source_config fallback = {0};
	CLEANUP(box_done) struct box box = BOX_INIT;
	const struct source_config *source;
	struct outcome *list;
	struct error err;
	size_t count;
	int code;

	if (check_words(o, name, &err) < 0 || box_open(o, BOX_IMPORT, "import", name, &box, &err) < 0 ||
	    find_source(&box, name, &fallback, &source, &err) < 0)
		return say_error(&err);
	list = xcalloc((size_t)o->arg_count + 1, sizeof(*list));
	count = import_all(&box, source, o, list);
	code = tell(o, list, count);
	outcomes_free(&list, count);
	control_poke(box.config.box.data);
	return code;
}
