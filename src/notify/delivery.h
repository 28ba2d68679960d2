/*
 * A letter on its way: sent, and what is to become of it by the answer. No
 * sentence here, nor any of what a library says, repeats the URL: who knows it
 * can speak for the box.
 */
#ifndef DRILLBOX_NOTIFY_DELIVERY_H
#define DRILLBOX_NOTIFY_DELIVERY_H

#include "notify/letter.h"
#include "port/http.h"

enum fate {
	FATE_DELIVERED, /* 2xx */
	FATE_AGAIN,	/* the network, 408, 429, 5xx and what else may pass */
	FATE_REFUSED,	/* any other 4xx: as it is, it will never be taken */
};

enum fate fate_of_status(int status);

struct delivery {
	enum fate fate;
	int64_t wait_s;	  /* the server asks for so long a wait; -1: it does not */
	struct error why; /* unless it was delivered */
};

/* -1 (ERR_STOPPED) where we were asked to stop: then it counts as not tried. */
MUST_CHECK int deliver(struct http *http, const struct letter *l, struct deadline deadline, struct delivery *ret,
		       struct error *err);

/* Take path and query of a URL out of a sentence, whole and each longer part of them, in place. */
void conceal(char *sentence, const struct web_url *url);

#endif
