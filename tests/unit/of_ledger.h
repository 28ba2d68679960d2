/* A data folder with a ledger, one for each test: cmocka_unit_test_setup_teardown(f, set_up, tear_down). */
#ifndef DRILLBOX_TESTS_OF_LEDGER_H
#define DRILLBOX_TESTS_OF_LEDGER_H

#include "unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/ledger.h"

struct data {
	char path[64];
	struct ledger *ledger;
	struct error err;
};

/* With 'd' as its data. */
#define must(call)                                                    \
	do {                                                          \
		if ((call) < 0)                                       \
			fail_msg("%s: %s", #call, d->err.text);       \
	} while (0)

static void open_ledger(struct data *d, enum ledger_mode mode)
{
	ledger_close(&d->ledger);
	must(ledger_open(d->path, mode, &d->ledger, &d->err));
}

static int set_up(void **state)
{
	struct data *d = xcalloc(1, sizeof(*d));

	(void)snprintf(d->path, sizeof(d->path), "/tmp/ledger-XXXXXX");
	if (!mkdtemp(d->path))
		return -1;
	open_ledger(d, LEDGER_WRITE);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct data *d = *state;
	int r;

	ledger_close(&d->ledger);
	r = remove_tree(d->path, &d->err);
	free(d);
	return r;
}

#endif
