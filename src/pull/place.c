#include "pull/place.h"

#include <stdlib.h>

#include "pull/place_ops.h"

struct place {
	const struct place_ops *ops;
	void *state; /* the kind's own */
};

struct http_options place_http_options(const struct source_config *source)
{
	return (struct http_options){
		.tls = {.ca = source->ca, .client_cert = source->client_cert, .client_key = source->client_key, .pin = source->pin},
		.address = source->at.address,
		.proxy = source->proxy,
		.slowest = PLACE_SLOWEST,
	};
}

int place_open(const struct source_config *source, const struct place_secrets *secrets, struct place **ret, struct error *err)
{
	static const struct place_ops *const kinds[] = {
		[SOURCE_POSTGRES] = NULL, /* a server, where nothing is published */
		[SOURCE_HTTPS] = &place_web,
		[SOURCE_S3] = &place_s3,
	};
	autofree struct place *place = xcalloc(1, sizeof(*place));

	place->ops = kinds[source->type];
	if (!place->ops)
		return fail(err, ERR_BUG, "source '%s' is no place where dumps are published", source->name);
	if (place->ops->open(source, secrets, &place->state, err) < 0)
		return -1;
	*ret = take(place);
	return 0;
}

void place_close(struct place **place)
{
	if (*place) {
		(*place)->ops->close((*place)->state);
		free(*place);
	}
	*place = NULL;
}

int place_list(struct place *place, const char *begun, struct deadline deadline, struct remotes *ret, struct error *err)
{
	return place->ops->list(place->state, begun, deadline, ret, err);
}

int place_get(struct place *place, const struct remote *r, int64_t from, struct deadline deadline, struct place_part *ret,
	      struct error *err)
{
	return place->ops->get(place->state, r, from, deadline, ret, err);
}

int place_read(struct place *place, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err)
{
	return place->ops->read(place->state, buf, n, deadline, ret_n, err);
}

int place_beside(struct place *place, const struct remote *r, const char *suffix, size_t cap, struct deadline deadline,
		 char **ret_bytes, size_t *ret_n, struct error *err)
{
	return place->ops->beside(place->state, r, suffix, cap, deadline, ret_bytes, ret_n, err);
}

bool place_clock(const struct place *place, int64_t *ret_there, int64_t *ret_here)
{
	return place->ops->clock && place->ops->clock(place->state, ret_there, ret_here);
}

const struct tls *place_connection(const struct place *place)
{
	return place->ops->connection ? place->ops->connection(place->state) : NULL;
}

void place_part_done(struct place_part *part)
{
	free(part->etag);
	free(part->version);
	*part = (struct place_part){0};
}
