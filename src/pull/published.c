#include "pull/published.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errand.h"
#include "base/file.h"
#include "base/pace.h"
#include "pull/half.h"
#include "pull/offer.h"
#include "pull/recognise.h"

#define HALF ((size_t)1 << 20)
#define BUFFER (2 * HALF)
#define LOOK_MS 250			   /* at the disk, and for whoever follows */
#define BARREN_TRIES 3			   /* of what had been begun */
#define KEEP_EVERY ((int64_t)256 << 20) /* bytes after which what has come is made sure of */

struct download {
	const struct published_request *request;
	struct published *ret;
	struct place *place;
	struct offer offer;
	struct offer newest; /* while an older one is finished */
	struct half half; /* what is at part_path, and what it is part of */
	struct digest *digest;
	unsigned char *buffer;
	struct pace pace;
	int fd;
	int64_t bytes;	  /* written and hashed */
	int64_t of;	  /* of the whole */
	int64_t next_look_ms;
	bool offered;	  /* the caller was asked, and with all that is known */
	bool older;	  /* than the newest: it is finished, or not pulled at all */
	int64_t from;	  /* how much of it had come before */
	unsigned char head[DUMP_HEAD_LEAST];
	size_t head_n;
	bool known;	  /* it is a dump, as far as that can be seen from outside */
	bool recognised;  /* and what it tells of itself was taken */
};

static void download_done(struct download *d)
{
	cleanup_close(&d->fd);
	digest_free(&d->digest);
	free(d->buffer);
	half_done(&d->half);
	offer_done(&d->offer);
	offer_done(&d->newest);
	place_close(&d->place);
}

/* ---------------------------------------------------------------- the disk */

static int write_failed(const struct download *d, struct error *err)
{
	return fail(err, errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_SPACE : ERR_IO,
		    "write the dump to '%s': %m", d->request->part_path);
}

static int open_part(struct download *d, struct error *err)
{
	d->fd = open(d->request->part_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return d->fd < 0 ? write_failed(d, err) : 0;
}

static void forget(struct download *d)
{
	(void)unlink(d->request->part_path);
	(void)unlink(d->request->origin_path);
	d->bytes = d->half.kept = 0;
}

/* What could not be written is told once: the next sync succeeds, and the bytes read back are not those on the disk. */
static void let_go_of_unkept(struct download *d)
{
	if (ftruncate(d->fd, d->half.kept) < 0)
		forget(d);
	d->bytes = d->half.kept;
}

/* Note how much is safely there, so that the next try knows from where to go on. */
static int keep(struct download *d, struct error *err)
{
	if (d->bytes <= d->half.kept)
		return 0;
	if (fdatasync(d->fd) < 0) {
		(void)write_failed(d, err);
		let_go_of_unkept(d);
		return -1;
	}
	d->half.kept = d->bytes;
	if (d->bytes > d->from)
		d->half.barren = 0;
	return half_write(d->request->origin_path, &d->half, err);
}

static int check_size(const struct download *d, int64_t bytes, struct error *err)
{
	char size[UNIT_TEXT], limit[UNIT_TEXT];

	if (d->request->size_cap == 0 || bytes <= d->request->size_cap)
		return 0;
	return fail(err, ERR_SPACE, "'%s' has %s and max-size is %s: raise max-size, or see what grew", d->offer.remote.name,
		    human_bytes(bytes, size), human_bytes(d->request->size_cap, limit));
}

static int check_space(const struct download *d, struct error *err)
{
	char room[UNIT_TEXT], size[UNIT_TEXT], floor[UNIT_TEXT];
	int64_t available;

	if (d->request->space_floor == 0)
		return 0;
	if (free_bytes(d->request->part_path, &available, err) < 0)
		return -1;
	if (available >= d->request->space_floor)
		return 0;
	return fail(err, ERR_SPACE,
		    "only %s are free on the disk after %s of the dump, and %s stay reserved: make room or use a larger disk",
		    human_bytes(available, room), human_bytes(d->bytes, size), human_bytes(d->request->space_floor, floor));
}

/* Whoever follows is told how far it is; false: it is not time for that yet. */
static bool tell(struct download *d, bool at_once)
{
	int64_t now = clock_mono_ms();

	if (!at_once && now < d->next_look_ms)
		return false;
	d->next_look_ms = now + LOOK_MS;
	if (d->request->progress)
		d->request->progress(d->request->context, d->bytes, d->of);
	return true;
}

static int look(struct download *d, bool at_once, struct error *err)
{
	return tell(d, at_once) ? check_space(d, err) : 0;
}

/* ---------------------------------------------------------------- the dump's head */

static void take_head(struct download *d, struct dump_head *head)
{
	d->recognised = true;
	d->ret->database = take(head->database);
	d->ret->created = head->begun;
	d->ret->utc = head->utc;
}

/* An archive tells all by its first bytes; plain SQL somewhat later, and what is compressed by what is inside. */
static int look_at_head(struct download *d, bool whole, struct error *err)
{
	CLEANUP(dump_head_done) struct dump_head head = {0};

	if (!d->known && dump_head_parse(d->head, d->head_n, &head, err) < 0)
		return -1;
	if (!d->known && head.form == DUMP_ARCHIVE)
		take_head(d, &head);
	d->known = true;
	if (d->recognised || (d->bytes < RECOGNISE_LEAST && !whole))
		return 0;
	dump_head_done(&head);
	if (recognise(d->request->part_path, &head, err) < 0)
		return -1;
	take_head(d, &head);
	return 0;
}

/* Whether it is one is known by its first bytes: what is none is not downloaded to its end. */
static int check_head(struct download *d, bool whole, struct error *err)
{
	if (d->recognised || (d->head_n < sizeof(d->head) && !whole))
		return 0;
	return look_at_head(d, whole, err) < 0 ? fail_within(err, "'%s'", d->offer.remote.name) : 0;
}

static int take_bytes(struct download *d, const unsigned char *bytes, size_t n, struct error *err)
{
	size_t to_head = sizeof(d->head) - d->head_n;

	if (to_head > n)
		to_head = n;
	memcpy(d->head + d->head_n, bytes, to_head);
	d->head_n += to_head;
	digest_add(d->digest, bytes, n);
	d->bytes += (int64_t)n;
	return check_head(d, false, err);
}

/* ---------------------------------------------------------------- what an earlier try left */

static int start_digest(struct download *d, struct error *err)
{
	digest_free(&d->digest);
	d->bytes = 0;
	d->head_n = 0;
	d->ret->resumed = d->known = d->recognised = false;
	set_text(&d->ret->database, NULL);
	return digest_new(&d->digest, err);
}

/* Of what is on the disk, so that the digest at the end is of what is there and not of what was once sent. */
static int hash_again(struct download *d, int64_t n, struct error *err)
{
	while (d->bytes < n) {
		size_t most = n - d->bytes < (int64_t)BUFFER ? (size_t)(n - d->bytes) : BUFFER;
		ssize_t got = pread(d->fd, d->buffer, most, d->bytes);

		if (got <= 0)
			return fail(err, ERR_IO, "read '%s' back: %s", d->request->part_path,
				    got < 0 ? strerror(errno) : "it has become shorter");
		if (deadline_left(d->request->deadline) == 0)
			return fail(err, deadline_stopped(d->request->deadline) ? ERR_STOPPED : ERR_TIMEOUT,
				    "while what had come of '%s' was read back", d->offer.remote.name);
		if (take_bytes(d, d->buffer, (size_t)got, err) < 0)
			return -1;
		(void)tell(d, false); /* nothing is written yet, and room is made only once it is known how much is to come */
	}
	return 0;
}

/* How much of the offered revision is here already; the digest has taken that in. */
static int go_on(struct download *d, struct error *err)
{
	struct error unread;
	int64_t usable;

	if (half_read(d->request->origin_path, &d->half, &unread) < 0 || !half_is_of(&d->half, &d->offer.origin)) {
		half_done(&d->half);
		return start_digest(d, err);
	}
	if (start_digest(d, err) < 0 || half_usable(&d->half, d->fd, &usable, err) < 0)
		return -1;
	if (d->half.kept > usable)
		d->half.kept = usable; /* what is behind that is written anew */
	return usable > 0 ? hash_again(d, usable, err) : 0;
}

/* ---------------------------------------------------------------- the answer */

/* What the listing did not tell, the answer does; then what was asked of the caller is asked once more. */
static void take_revision(struct download *d, const struct place_part *part)
{
	struct origin *o = &d->offer.origin;

	if (!*d->offer.sha256 && (*part->sha256 || !same(o->etag, part->etag) || !same(o->version, part->version)))
		d->offered = false;
	set_text(&o->etag, part->etag);
	set_text(&o->version, part->version);
	if (part->modified != TIME_UNKNOWN)
		o->modified = part->modified;
	if (!*d->offer.sha256 && *part->sha256) {
		memcpy(d->offer.sha256, part->sha256, SHA256_HEX);
		o->vouch = VOUCH_STORE;
	}
}

/* Only bytes of one revision are ever joined: what is another's is begun anew. */
static int begin_anew(struct download *d, const struct place_part *part, struct error *err)
{
	if (ftruncate(d->fd, 0) < 0)
		return write_failed(d, err);
	half_done(&d->half);
	d->half = half_of(&d->offer.origin, part->bytes, part->sha256);
	return start_digest(d, err);
}

static bool fits(const struct download *d, const struct place_part *part)
{
	return part->from == d->bytes && part->bytes == d->half.bytes && same(part->etag, d->half.etag) &&
	       same(part->version, d->half.version);
}

/* Ask from where we are; an answer that is not of what is here is asked for once more, from the beginning. */
static int ask(struct download *d, struct place_part *part, struct error *err)
{
	struct remote wanted = d->offer.remote;

	if (d->bytes > 0) {
		wanted.etag = d->half.etag;
		wanted.version = d->half.version;
	}
	if (place_get(d->place, &wanted, d->bytes, d->request->deadline, part, err) < 0)
		return -1;
	if (part->from == 0)
		return 0;
	if (fits(d, part)) { /* a store tells the digest of the whole only with the whole: then it was noted */
		memcpy(part->sha256, d->half.sha256, SHA256_HEX);
		return 0;
	}
	place_part_done(part);
	*part = (struct place_part){0};
	return place_get(d->place, &d->offer.remote, 0, d->request->deadline, part, err);
}

/* Whoever is asked knows what time it is there. */
static int offer_it(struct download *d, int64_t bytes, struct error *err)
{
	const struct published_request *r = d->request;

	if (d->offered)
		return 0;
	d->offered = true;
	d->ret->clock.known = place_clock(d->place, &d->ret->clock.there, &d->ret->clock.here);
	return r->offered ? r->offered(r->context, &d->offer.origin, d->offer.sha256, bytes, err) : 0;
}

/* What there was to be finished is not there any more, or cannot be asked for in parts. */
static int fail_unfinished(const struct download *d, struct error *err)
{
	return fail(err, ERR_CHANGED, "what had come of '%s' cannot be gone on with: it was replaced, or comes only whole",
		    d->offer.remote.name);
}

static int begin(struct download *d, struct error *err)
{
	const struct published_request *r = d->request;
	CLEANUP(place_part_done) struct place_part part = {0};
	bool anew;

	d->from = d->bytes;
	if (ask(d, &part, err) < 0)
		return -1;
	anew = part.from == 0;
	if (anew && d->older)
		return fail_unfinished(d, err);
	take_revision(d, &part);
	if (offer_it(d, part.bytes, err) < 0)
		return -1;
	if (anew && begin_anew(d, &part, err) < 0)
		return -1;
	d->ret->resumed = !anew;
	d->of = part.bytes;
	if (check_size(d, d->of, err) < 0 ||
	    (r->admit && r->admit(r->context, d->of < 0 ? -1 : d->of - d->bytes, d->of, err) < 0))
		return -1;
	if (ftruncate(d->fd, d->bytes) < 0 || lseek(d->fd, d->bytes, SEEK_SET) < 0)
		return write_failed(d, err);
	return half_write(r->origin_path, &d->half, err);
}

/* ---------------------------------------------------------------- the bytes */

/*
 * While one half of the buffer is filled from the network, the other is hashed
 * and written: by an errand, to which the file, the digest and all counts belong
 * until it has returned.
 */
struct storing {
	struct download *d;
	const unsigned char *bytes;
	size_t n;
	int result;
	struct error err;
};

static void store_bytes(void *context)
{
	struct storing *s = context;
	struct download *d = s->d;
	int64_t from = d->bytes;

	s->result = write_all(d->fd, s->bytes, s->n, d->request->part_path, &s->err) < 0 ||
				    take_bytes(d, s->bytes, s->n, &s->err) < 0 || check_size(d, d->bytes, &s->err) < 0 ||
				    (d->bytes - d->half.kept >= KEEP_EVERY && keep(d, &s->err) < 0) ?
			    -1 :
			    0;
	/* on its way to the disk at once: then little is left to wait for at the end. Where it cannot be told so, it waits */
	(void)sync_file_range(d->fd, from, (off64_t)s->n, SYNC_FILE_RANGE_WRITE);
}

/*
 * Until the half is full, nothing more comes, or somebody should be told how far it is. Of what is
 * not 'known' to be a dump nothing more is wanted than what is there at once.
 */
static int fill(struct download *d, bool known, unsigned char *bytes, size_t *ret_n, bool *ret_end, struct error *err)
{
	int64_t until = clock_mono_ms() + LOOK_MS;
	size_t n = 1;

	for (*ret_n = 0; *ret_n < HALF && clock_mono_ms() < until; *ret_n += n) {
		size_t room = HALF - *ret_n, portion = pace_portion(&d->pace);

		deadline_rest(d->request->deadline, pace_rest_ms(&d->pace, clock_mono_ms()));
		if (place_read(d->place, bytes + *ret_n, room < portion ? room : portion, d->request->deadline, &n, err) < 0)
			return -1;
		pace_took(&d->pace, n, clock_mono_ms());
		*ret_end = n == 0;
		if (*ret_end)
			break;
		if (!known)
			until = 0;
	}
	return 0;
}

/* The errand under way, if there is one, has ended. */
static int settle(struct storing *s, struct errand **e, struct error *err)
{
	errand_done(e);
	if (s->result < 0)
		*err = s->err;
	return s->result;
}

static int receive(struct download *d, struct error *err)
{
	struct storing s = {.d = d};
	CLEANUP(errand_done) struct errand *writing = NULL;
	bool end = false, first = true, known = d->known;
	struct error why;

	while (!end) {
		unsigned char *half = d->buffer + (first ? 0 : HALF);
		int filled;
		size_t n;

		if (!known) { /* what the errand finds out is its own until it has returned */
			if (settle(&s, &writing, err) < 0)
				return -1;
			known = d->known;
		}
		filled = fill(d, known, half, &n, &end, &why);
		if (settle(&s, &writing, err) < 0 || look(d, false, err) < 0)
			return -1;
		s = (struct storing){.d = d, .bytes = half, .n = n};
		if (n)
			writing = errand_start(store_bytes, &s);
		first = !first;
		if (filled < 0) { /* what came before the line broke is kept all the same */
			if (settle(&s, &writing, err) == 0)
				*err = why;
			return -1;
		}
	}
	return settle(&s, &writing, err);
}

/* Bytes that are not what was published: replaced meanwhile, spoilt on the disk between two tries, or wrong there. */
static int explain_mismatch(struct download *d, struct error *err)
{
	const char *name = d->offer.remote.name;
	bool stands;

	if (offer_stands(d->place, &d->offer, d->request->deadline, &stands, err) < 0)
		return -1;
	if (!stands)
		return fail(err, ERR_CHANGED, "'%s' was replaced while it was downloaded: try again", name);
	if (d->ret->resumed)
		return fail(err, ERR_CHANGED, "'%s' came in parts that do not make up what was published: try again from the "
			    "beginning",
			    name);
	return fail(err, ERR_DATA,
		    "'%s' has not the sha256 that was published for it (%.8s..., published %.8s...): it is damaged there, or "
		    "its digest is of another dump; publish it anew",
		    name, d->ret->digest.sha256, d->offer.sha256);
}

static int finish(struct download *d, struct error *err)
{
	struct published *ret = d->ret;
	int judged;

	if (d->of >= 0 && d->bytes != d->of)
		return fail(err, ERR_NETWORK, "'%s' ended after %lld of %lld bytes: the connection, or the server, was cut off",
			    d->offer.remote.name, (long long)d->bytes, (long long)d->of);
	if (check_head(d, true, err) < 0) {
		forget(d);
		return -1;
	}
	digest_end(d->digest, ret->digest.sha256);
	ret->digest.bytes = d->bytes;
	if (!*d->offer.sha256 || strcmp(d->offer.sha256, ret->digest.sha256) == 0)
		return look(d, true, err);
	judged = explain_mismatch(d, err);
	forget(d);
	return judged;
}

/* What is at part_path is of another revision than what is offered. */
static bool is_of_another(const struct download *d)
{
	CLEANUP(half_done) struct half half = {0};
	struct error unread;

	return half_read(d->request->origin_path, &half, &unread) == 0 && !half_is_of(&half, &d->offer.origin);
}

/* What stays is of use only where it can be told that its other half is of the same revision. */
static void leave(struct download *d, const struct error *why)
{
	struct error ignored;

	if (d->fd < 0)
		return;
	/* it was not even begun: what is there is of another, and may be finished yet */
	if (!d->half.where && is_of_another(d))
		return;
	if (!half_can_go_on(&d->half) || why->kind == ERR_SOURCE || why->kind == ERR_DATA || why->kind == ERR_CURRENT)
		forget(d);
	else
		IGNORE(keep(d, &ignored)); /* what could not be made sure of is downloaded once more */
}

static int transfer(struct download *d, struct error *err)
{
	if (open_part(d, err) < 0 || go_on(d, err) < 0 || begin(d, err) < 0)
		return -1;
	d->next_look_ms = 0;
	return receive(d, err) < 0 ? -1 : finish(d, err);
}

/* ---------------------------------------------------------------- the pull */

static void hand_over(struct download *d)
{
	struct published *ret = d->ret;

	ret->file = xstrdup(d->offer.remote.name);
	ret->origin = d->offer.origin;
	d->offer.origin = (struct origin){0};
	ret->manifest = take(d->offer.manifest);
	ret->manifest_n = d->offer.manifest_n;
	if (d->offer.no_manifest && d->request->notes)
		strings_add(d->request->notes, d->offer.no_manifest);
}

/* Where the listing tells enough of it. */
static int offer_early(struct download *d, struct error *err)
{
	const struct offer *o = &d->offer;

	return *o->sha256 || o->origin.etag || o->origin.version ? offer_it(d, o->remote.bytes, err) : 0;
}

static int pull_offer(struct download *d, struct error *err)
{
	if (d->offer.remote.bytes > 0 && check_size(d, d->offer.remote.bytes, err) < 0)
		return -1;
	if (transfer(d, err) < 0) {
		leave(d, err);
		return -1;
	}
	hand_over(d);
	return 0;
}

/* Whether the trouble is that one file's: then it must not keep us from the newest. */
static bool is_its_own(const struct error *why)
{
	static const enum error_kind its_own[] = {ERR_CHANGED, ERR_CURRENT, ERR_DATA,      ERR_SOURCE,
						  ERR_NOTHING, ERR_REFUSED, ERR_PRIVILEGE, ERR_SPACE};

	for (size_t i = 0; i < COUNT(its_own); i++)
		if (why->kind == its_own[i])
			return true;
	return false;
}

/* Nothing more of it came, and nobody knows why: that passes, or after so many tries does not. */
static bool stays_barren(const struct download *d, struct half *begun, const struct error *why)
{
	struct error unnoted;

	if ((why->kind != ERR_NETWORK && why->kind != ERR_TIMEOUT) || d->bytes != d->from ||
	    deadline_left(d->request->deadline) == 0)
		return false;
	begun->barren++;
	IGNORE(half_write(d->request->origin_path, begun, &unnoted));
	return begun->barren >= BARREN_TRIES;
}

/* Back to the newest. */
static void give_up(struct download *d, const char *name, const struct error *why)
{
	cleanup_close(&d->fd); /* what has come of it stays until the newest has answered */
	half_done(&d->half);
	offer_done(&d->offer);
	d->offer = d->newest;
	d->newest = (struct offer){0};
	d->older = false;
	if (d->request->notes)
		strings_add_owned(d->request->notes, format("'%s', of which a part had come, is not finished: %s", name,
							    why->text));
}

/* 0: an older one is finished, and the newest is still to come. 1: it is given up. */
static int pull_begun(struct download *d, struct remote *begun, struct half *half, struct error *err)
{
	autofree char *name = xstrdup(begun->name);
	bool offered = d->offered;

	d->newest = d->offer;
	d->offer = (struct offer){0};
	d->offered = false;
	d->older = true;
	if (offer_of(d->place, d->request->source, begun, d->request->deadline, &d->offer, err) == 0 &&
	    offer_early(d, err) == 0 && pull_offer(d, err) == 0) {
		d->ret->newer = xstrdup(d->newest.remote.name);
		return 0;
	}
	if (!is_its_own(err) && !stays_barren(d, half, err))
		return -1;
	give_up(d, name, err);
	d->offered = offered;
	return 1;
}

/* What an earlier try left, as far as it is worth to be finished whatever is the newest. */
static void read_begun(const struct published_request *r, struct half *ret)
{
	struct error unread;

	if (half_read(r->origin_path, ret, &unread) == 0 &&
	    (!half_is_newer(ret, r->held) || (r->size_cap && ret->bytes > r->size_cap)))
		half_done(ret);
}

static int pull(struct download *d, struct error *err)
{
	const struct published_request *r = d->request;
	CLEANUP(half_done) struct half half = {0};
	CLEANUP(remote_done) struct remote begun = {0};
	int done;

	read_begun(r, &half);
	if (place_open(r->source, r->secrets, &d->place, err) < 0 ||
	    offer_find(d->place, r->source, &half, r->deadline, &d->offer, &begun, err) < 0 || offer_early(d, err) < 0)
		return -1;
	done = begun.name ? pull_begun(d, &begun, &half, err) : 1;
	return done > 0 ? pull_offer(d, err) : done;
}

int pull_published(const struct published_request *request, struct published *ret, struct error *err)
{
	CLEANUP(download_done) struct download d = {
		.request = request, .ret = ret, .fd = -1, .buffer = xcalloc(1, BUFFER), .pace = pace_of(request->source->limit)};
	int done = pull(&d, err);

	if (d.place)
		ret->clock.known = place_clock(d.place, &ret->clock.there, &ret->clock.here);
	return done;
}

void published_done(struct published *p)
{
	origin_done(&p->origin);
	free(p->file);
	free(p->manifest);
	free(p->database);
	strings_done(&p->files);
	free(p->newer);
	*p = (struct published){0};
}

/* ---------------------------------------------------------------- doctor */

struct examined {
	const struct source_config *source;
	struct place *place;
	struct prechecks *list;
	struct offer offer;
};

static void examined_done(struct examined *x)
{
	offer_done(&x->offer);
	place_close(&x->place);
}

static void add_error(const struct examined *x, const struct error *err)
{
	static const struct {
		enum error_kind kind;
		const char *name;
	} names[] = {
		{ERR_REFUSED, "login"}, {ERR_NETWORK, "network"},  {ERR_TIMEOUT, "network"}, {ERR_NOTHING, "newest"},
		{ERR_DATA, "published"}, {ERR_LACKING, "secrets"},
	};
	const char *name = "place";

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].kind == err->kind)
			name = names[i].name;
	if (err->kind == ERR_REFUSED && !(x->place && place_connection(x->place)))
		name = "tls";
	prechecks_add_error(x->list, name, err);
}

#define EXPIRES_SOON_S (14 * 86400)

static void examine_connection(const struct examined *x)
{
	const struct tls *tls = place_connection(x->place);
	int64_t until, left;
	const char *issuer;

	if (!tls)
		return;
	issuer = tls_issuer(tls, &until);
	left = until - clock_wall();
	if (left < EXPIRES_SOON_S)
		prechecks_add(x->list, PRECHECK_WARN, ERR_NONE, "tls", "have the server's certificate renewed",
			      "%s, but the server's certificate (of %s) ends in %lld days", tls_version(tls), issuer,
			      (long long)(left / 86400));
	else
		prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "tls", NULL, "%s, verified by %s, expires in %lld days",
			      tls_version(tls), issuer, (long long)(left / 86400));
}

static void examine_login(const struct examined *x)
{
	const struct source_config *s = x->source;

	if (s->user || s->access_key)
		prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "login", NULL, "let in as '%s'", s->user ? s->user : s->access_key);
	else if (s->token_file || s->headers_file || s->client_cert)
		prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "login", NULL, "let in by %s",
			      s->client_cert ? "the client's certificate" : s->token_file ? "the token" : "the headers");
	else
		prechecks_add(x->list, PRECHECK_WARN, ERR_NONE, "login",
			      "let the server ask for a password, a token or a client's certificate: a dump is all of the database",
			      "nobody is asked who he is: whoever knows the address can have the dumps");
}

static void examine_newest(const struct examined *x)
{
	const struct remote *r = &x->offer.remote;
	char when[TIME_TEXT], size[UNIT_TEXT];

	prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "listing", NULL, "%zu %s there", x->offer.listed,
		      x->offer.listed == 1 ? "file" : "files");
	prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "newest", NULL, "'%s'%s%s%s%s", r->name,
		      r->modified != TIME_UNKNOWN ? " of " : "", time_rfc3339(r->modified, when), r->bytes >= 0 ? ", " : "",
		      r->bytes >= 0 ? human_bytes(r->bytes, size) : "");
}

static void examine_beside(const struct examined *x)
{
	const struct offer *o = &x->offer;

	if (o->origin.vouch == VOUCH_NONE)
		prechecks_add(x->list, PRECHECK_WARN, ERR_NONE, "digest",
			      "publish with 'drillbox publish', or put one beside each dump: sha256sum NAME > NAME.sha256",
			      "no digest is published for '%s': its origin stays unverified", o->remote.name);
	else
		prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "digest", NULL, "%s",
			      o->origin.vouch == VOUCH_INDEX ? "published in the index" :
			      o->origin.vouch == VOUCH_STORE ? "kept by the store itself, since the object was put there" :
							       "published beside it");
	if (o->manifest)
		prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "manifest", NULL,
			      "beside it, and it has the digest published for it");
	else
		prechecks_add(x->list, PRECHECK_WARN, ERR_NONE, "manifest",
			      "publish with 'drillbox publish', which takes one in the dump's own snapshot", "%s",
			      o->no_manifest ? o->no_manifest :
					       "no manifest is beside it: a drill can compare with the last proven dump only");
}

/* The first bytes, whether the store knows their digest, and whether a download could be gone on with. */
static int examine_bytes(struct examined *x, struct deadline deadline, struct error *err)
{
	CLEANUP(place_part_done) struct place_part part = {0};
	CLEANUP(dump_head_done) struct dump_head head = {0};
	CLEANUP(half_done) struct half half = {0};
	unsigned char bytes[DUMP_HEAD_LEAST];
	size_t n = 0, got = 1;

	if (place_get(x->place, &x->offer.remote, 0, deadline, &part, err) < 0)
		return -1;
	for (; n < sizeof(bytes) && got; n += got)
		if (place_read(x->place, bytes + n, sizeof(bytes) - n, deadline, &got, err) < 0)
			return -1;
	if (dump_head_parse(bytes, n, &head, err) < 0)
		return fail_within(err, "'%s'", x->offer.remote.name);
	prechecks_add(x->list, PRECHECK_OK, ERR_NONE, "archive", NULL, "%s%s%s%s", dump_head_words(&head),
		      head.database ? " of database '" : "", head.database ? head.database : "", head.database ? "'" : "");
	if (*part.sha256 && x->offer.origin.vouch == VOUCH_NONE)
		x->offer.origin.vouch = VOUCH_STORE;
	half = half_of(&(struct origin){.where = x->offer.origin.where, .etag = part.etag, .version = part.version}, part.bytes,
		       part.sha256);
	if (!half_can_go_on(&half))
		prechecks_add(x->list, PRECHECK_WARN, ERR_NONE, "resume",
			      "let the server send a strong ETag and a Content-Length with each dump",
			      "a download that is interrupted has to begin anew");
	return 0;
}

static int examine(struct examined *x, const struct place_secrets *secrets, struct deadline deadline, struct error *err)
{
	struct remote none = {0};

	if (place_open(x->source, secrets, &x->place, err) < 0 ||
	    offer_find(x->place, x->source, NULL, deadline, &x->offer, &none, err) < 0)
		return -1;
	examine_connection(x);
	examine_login(x);
	examine_newest(x);
	if (examine_bytes(x, deadline, err) < 0)
		return -1;
	examine_beside(x);
	return 0;
}

int precheck_published(const struct source_config *source, const struct place_secrets *secrets, struct deadline deadline,
		       struct prechecks *list, struct published_clock *ret_clock, struct error *err)
{
	CLEANUP(examined_done) struct examined x = {.source = source, .list = list};

	*ret_clock = (struct published_clock){0};
	if (examine(&x, secrets, deadline, err) < 0) {
		if (err->kind == ERR_STOPPED)
			return -1;
		add_error(&x, err);
	}
	if (x.place)
		ret_clock->known = place_clock(x.place, &ret_clock->there, &ret_clock->here);
	return 0;
}
