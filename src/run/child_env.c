#include "run/child_env.h"

#include <stdlib.h>

#include "base/text.h"

struct child_env child_env_ours(void)
{
	const char *zone = getenv("TZ"), *credentials = getenv("CREDENTIALS_DIRECTORY");
	struct child_env e = {.zone = format("TZ=%s", zone ? zone : ":/etc/localtime")};

	e.items[0] = e.zone;
	if (credentials)
		e.items[1] = e.credentials = format("CREDENTIALS_DIRECTORY=%s", credentials);
	return e;
}

void child_env_done(struct child_env *e)
{
	free(e->zone);
	free(e->credentials);
	*e = (struct child_env){0};
}
