#include "run/box.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "model/retention.h"
#include "provision/vault.h"
#include "run/configuration.h"
#include "run/host.h"
#include "run/stop_signal.h"
#include "store/manifest_file.h"

#define WAIT_LONGEST_MS ((int64_t)24 * 3600 * 1000)

/* Under the lock: remove what a killed verb left, and close its rows. */
static int tidy(struct box *box, struct error *err)
{
	struct sweep swept;
	size_t interrupted;

	if (store_sweep(box->store, &swept, err) < 0 || ledger_settle(box->ledger, &interrupted, err) < 0)
		return -1;
	if (interrupted)
		log_notice("%zu interrupted %s recorded as undecided", interrupted, interrupted == 1 ? "row" : "rows");
	return 0;
}

static int open_for_work(const struct options *o, const char *verb, const char *source, struct box *box,
			 struct error *err)
{
	const char *data = box->config.box.data;
	struct deadline patience;

	if (stop_signal_open(&box->stop_fd, err) < 0)
		return -1;
	patience = deadline_in((struct deadline){INT64_MAX, box->stop_fd}, o->wait ? WAIT_LONGEST_MS : 0);
	if (host_make_data(data, err) < 0 || host_data_usable(data, err) < 0 ||
	    lock_take(data, verb, source, patience, &box->lock, err) < 0 ||
	    store_open(data, STORE_WORK, &box->store, err) < 0 ||
	    ledger_open(data, LEDGER_WRITE, &box->ledger, err) < 0)
		return -1;
	return tidy(box, err);
}

/* Beside whoever works. */
static int open_beside(enum box_use use, struct box *box, struct error *err)
{
	const char *data = box->config.box.data;

	if (use == BOX_TRY && host_make_data(data, err) < 0)
		return -1;
	if (store_open(data, STORE_LOOK, &box->store, err) < 0)
		return -1;
	if (use == BOX_STORE)
		return 0;
	return ledger_open(data, use == BOX_LOOK ? LEDGER_READ : LEDGER_WRITE, &box->ledger, err);
}

bool box_stopped(const struct box *box)
{
	return box->stopped || deadline_stopped((struct deadline){INT64_MAX, box->stop_fd});
}

bool box_explain_stop(struct box *box, struct error *err)
{
	/* reading the signal takes it from the descriptor: it is remembered here */
	if (!box->stopped)
		box->interrupted = stop_signal_explain(box->stop_fd, err);
	box->stopped = true;
	return box->interrupted;
}

static bool works(enum box_use use)
{
	return use == BOX_WORK || use == BOX_IMPORT;
}

int box_open(const struct options *o, enum box_use use, const char *verb, const char *source, struct box *ret,
	     struct error *err)
{
	CLEANUP(box_done) struct box box = BOX_INIT;

	/* the environment matters to what connects; who wants to read, or to get a dump out, is not turned away for it */
	if ((works(use) && config_environment((const char *const *)environ, err) < 0) ||
	    configuration_load(o->config, &box.config, err) < 0)
		return -1;
	/* what is to be encrypted is read, and not written to, in the clear */
	if (use != BOX_STORE && use != BOX_LOOK && vault_refusal(box.config.dir, true, err) < 0)
		return -1;
	if (use == BOX_WORK && source && !strchr(source, '/') && box_has(&box, source, err) < 0)
		return -1;
	if (works(use) ? open_for_work(o, verb, source, &box, err) < 0 : open_beside(use, &box, err) < 0)
		return -1;
	*ret = box;
	box = BOX_INIT;
	return 0;
}

void box_done(struct box *box)
{
	ledger_close(&box->ledger);
	store_free(&box->store);
	lock_free(&box->lock);
	cleanup_close(&box->stop_fd);
	config_done(&box->config);
	*box = BOX_INIT;
}

int box_has(const struct box *box, const char *name, struct error *err)
{
	autofree char *folder = format("%s/store/%s", box->config.box.data, name);
	const struct source_config *source;

	if (!config_source(&box->config, name) && source_name_valid(name) && path_is_dir(folder))
		return 0;
	return box_source(box, name, &source, err);
}

int box_source(const struct box *box, const char *name, const struct source_config **ret, struct error *err)
{
	return configuration_source(&box->config, name, ret, err);
}

int box_dumps(const struct box *box, const char *source, struct dumps *ret, struct strings *trouble,
	      struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	if (store_list(box->store, source, &list, trouble, err) < 0 ||
	    ledger_dump_states(box->ledger, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].complete && !list.items[i].has_manifest)
			origin_without_manifest(&list.items[i].origin);
	for (size_t i = 0; i < list.count; i++)
		list.items[i].orphan = config_source(&box->config, list.items[i].source) == NULL;
	*ret = list;
	list = (struct dumps){0};
	return 0;
}

void box_judge(const struct box *box, struct dumps *list, char **ret_gone)
{
	int64_t now = clock_wall() + SKEW_TOLERANCE_S;

	for (size_t i = 0; i < list->count; i++) {
		const struct source_config *source;
		struct keep keep = KEEP_DEFAULT;

		if (i > 0 && strcmp(list->items[i].source, list->items[i - 1].source) == 0)
			continue; /* sorted by source: judged with its first */
		source = config_source(&box->config, list->items[i].source);
		if (source && source->broken)
			keep = KEEP_ALL;
		else if (source)
			keep = (struct keep){source->keep_daily, source->keep_weekly, source->keep_monthly};
		retention_judge(list, list->items[i].source, keep, now, ret_gone);
	}
}

int box_manifest(const struct dump *d, struct manifest *ret, struct error *err)
{
	autofree char *path = store_manifest_path(d);

	return manifest_load(path, ret, err);
}
