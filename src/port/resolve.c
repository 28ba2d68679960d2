#include "port/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define SLICE_MS 100 /* how soon a stop is seen */

static void keep_addresses(const struct addrinfo *list, struct addresses *ret)
{
	for (const struct addrinfo *a = list; a && ret->count < MAX_ADDRESSES; a = a->ai_next)
		if (getnameinfo(a->ai_addr, a->ai_addrlen, ret->items[ret->count], NI_MAXHOST, NULL, 0, NI_NUMERICHOST) == 0)
			ret->count++;
}

static int explain_lookup(const char *name, int code, struct error *err)
{
	if (code == EAI_AGAIN)
		return fail(err, ERR_NETWORK,
			    "the name '%s' could not be looked up, no name server answers: is the box on a network?", name);
	return fail(err, ERR_NETWORK, "there is no address for the name '%s' (%s): see its spelling and the name server", name,
		    gai_strerror(code));
}

/* A name server that does not answer must not hold us past the deadline, so libpq gets numbers only. */
int resolve_name(const char *name, struct deadline deadline, struct addresses *ret, struct error *err)
{
	/* on the heap, because a lookup that cannot be cancelled writes here after we are gone */
	struct {
		struct gaicb request;
		struct addrinfo hints;
		char name[];
	} *lookup = xcalloc(1, sizeof(*lookup) + strlen(name) + 1);
	struct gaicb *list[] = {&lookup->request};
	const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
	int code;

	memcpy(lookup->name, name, strlen(name) + 1);
	lookup->hints.ai_socktype = SOCK_STREAM;
	lookup->request.ar_name = lookup->name;
	lookup->request.ar_request = &lookup->hints;
	code = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	while (code == 0 && (code = gai_error(&lookup->request)) == EAI_INPROGRESS) {
		if (deadline_stopped(deadline) || deadline_left(deadline) == 0) {
			if (gai_cancel(&lookup->request) == EAI_CANCELED)
				free(lookup);
			if (deadline_stopped(deadline))
				return fail(err, ERR_STOPPED, "stopped while looking up '%s'", name);
			return explain_lookup(name, EAI_AGAIN, err);
		}
		(void)gai_suspend((const struct gaicb *const *)list, 1, &slice);
		code = 0;
	}
	if (code == 0)
		keep_addresses(lookup->request.ar_result, ret);
	else
		(void)explain_lookup(name, code, err);
	if (lookup->request.ar_result)
		freeaddrinfo(lookup->request.ar_result);
	free(lookup);
	if (code != 0)
		return -1;
	return ret->count ? 0 : explain_lookup(name, EAI_NONAME, err);
}
