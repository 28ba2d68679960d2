/* A place of the test's own stands behind pull/place.h: what it sends, and where it is cut off, is the test's choice. */
#include "unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "pull/offer.h"
#include "pull/published.h"

#define WHEN 1795320900
#define DAY 86400

static const unsigned char head[] = {
	'P', 'G', 'D', 'M', 'P', 1, 16, 0, 4, 8, 1, 2,
	0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0, 4, 0, 0, 0, 0, 22, 0, 0, 0, 0, 10, 0, 0, 0, 0, 126, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 4, 0, 0, 0, 's', 'h', 'o', 'p',
};

#define SIZE 700000 /* more than two buffers */

/* ---- the place */

static struct {
	unsigned char bytes[SIZE];
	size_t n;
	const char *etag;
	const char *listed_etag;
	char listed_sha256[SHA256_HEX];
	const char *listed_later;     /* once the dump was asked for; NULL: as before */
	char kept_sha256[SHA256_HEX]; /* by the store */
	char *list, *manifest;	      /* beside it */
	char *list_later;	      /* once the dump was asked for; NULL: as before */
	size_t cut_after;	      /* bytes sent in one answer, then the connection breaks; 0: never */
	size_t ends_after;	      /* bytes after which the body seems to end; 0: never */
	size_t piece;		      /* bytes in one read; 0: as many as fit */
	bool no_ranges, odd_ranges, no_size;
	/* what was asked */
	int asked;
	int64_t asked_from[4];
	const char *asked_etag;
	bool down;
	/* of the answer under way */
	size_t at, sent;
	const unsigned char *from; /* which file's */
	size_t of;
	/* one that was published the day before, as the newest was; 0 bytes: there is none */
	struct {
		unsigned char bytes[SIZE];
		size_t n;
		const char *etag;
		enum error_kind trouble; /* what asking for it comes to */
		char *list;
		int asked;
		size_t cut_after;
		bool no_list; /* asking for it comes to 'trouble' too */
	} before;
} there;

struct place {
	int dummy;
};

static struct place the_place;

int place_open(const struct source_config *source, const struct place_secrets *secrets, struct place **ret, struct error *err)
{
	(void)source, (void)secrets, (void)err;
	*ret = &the_place;
	return 0;
}

void place_close(struct place **place)
{
	*place = NULL;
}

int place_list(struct place *place, const char *begun, struct deadline deadline, struct remotes *ret, struct error *err)
{
	struct remote *r = remotes_add(ret);

	(void)place, (void)begun, (void)deadline, (void)err;
	*r = (struct remote){
		.name = xstrdup("shop.dump"), .where = xstrdup("/d/shop.dump?key=secret"), .bytes = -1, .modified = WHEN};
	if (there.listed_etag)
		r->etag = xstrdup(there.listed_etag);
	memcpy(r->sha256, there.asked && there.listed_later ? there.listed_later : there.listed_sha256, SHA256_HEX);
	if (there.before.n) {
		r = remotes_add(ret);
		*r = (struct remote){.name = xstrdup("before.dump"), .where = xstrdup("/d/before.dump"), .bytes = -1,
				     .modified = WHEN - DAY};
	}
	return 0;
}

static bool is_before(const struct remote *r)
{
	return same(r->name, "before.dump");
}

static int get_before(const struct remote *r, int64_t from, struct place_part *ret, struct error *err)
{
	there.before.asked++;
	if (there.before.trouble)
		return fail(err, there.before.trouble, "trouble with the one before");
	there.at = from > 0 && same(r->etag, there.before.etag) ? (size_t)from : 0;
	there.sent = 0;
	there.from = there.before.bytes;
	there.of = there.before.n;
	*ret = (struct place_part){.from = (int64_t)there.at, .bytes = (int64_t)there.of, .modified = WHEN - DAY};
	ret->etag = xstrdup(there.before.etag);
	return 0;
}

int place_get(struct place *place, const struct remote *r, int64_t from, struct deadline deadline, struct place_part *ret,
	      struct error *err)
{
	bool same_revision = same(r->etag, there.etag);

	(void)place, (void)deadline, (void)err;
	if (is_before(r))
		return get_before(r, from, ret, err);
	if (there.down)
		return fail(err, ERR_NETWORK, "nobody answers");
	there.from = there.bytes;
	there.of = there.n;
	if (from > 0)
		there.asked_etag = r->etag && there.etag && same_revision ? there.etag : NULL;
	if (there.asked < 4)
		there.asked_from[there.asked] = from;
	there.asked++;
	there.at = from > 0 && same_revision && !there.no_ranges ? (size_t)from : 0;
	if (there.at && there.odd_ranges)
		there.at--;
	there.sent = 0;
	*ret = (struct place_part){.from = (int64_t)there.at, .bytes = there.no_size ? -1 : (int64_t)there.n, .modified = WHEN};
	if (there.etag)
		ret->etag = xstrdup(there.etag);
	if (!there.at)
		memcpy(ret->sha256, there.kept_sha256, SHA256_HEX);
	return 0;
}

int place_read(struct place *place, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err)
{
	size_t left = there.of - there.at;
	size_t cut_after = there.from == there.bytes ? there.cut_after : there.before.cut_after;

	(void)place, (void)deadline;
	if (there.piece && n > there.piece)
		n = there.piece;
	if (there.ends_after && left > there.ends_after - there.sent)
		left = there.ends_after - there.sent;
	if (n > left)
		n = left;
	if (cut_after && there.sent + n > cut_after) {
		n = cut_after - there.sent;
		if (n == 0)
			return fail(err, ERR_NETWORK, "the connection was cut off");
	}
	memcpy(buf, there.from + there.at, n);
	there.at += n;
	there.sent += n;
	*ret_n = n;
	return 0;
}

int place_beside(struct place *place, const struct remote *r, const char *suffix, size_t cap, struct deadline deadline,
		 char **ret_bytes, size_t *ret_n, struct error *err)
{
	const char *list = there.asked && there.list_later ? there.list_later : there.list;
	const char *text = same(suffix, ".sha256") ? list : there.manifest;

	(void)place, (void)cap, (void)deadline;
	if (is_before(r) && there.before.no_list)
		return fail(err, there.before.trouble, "trouble with its list");
	if (is_before(r))
		text = same(suffix, ".sha256") ? there.before.list : NULL;
	if (!text)
		return fail(err, ERR_NOTHING, "it is not there");
	*ret_bytes = xstrdup(text);
	*ret_n = strlen(text);
	return 0;
}

bool place_clock(const struct place *place, int64_t *ret_there, int64_t *ret_here)
{
	(void)place;
	*ret_there = *ret_here = WHEN;
	return true;
}

const struct tls *place_connection(const struct place *place)
{
	(void)place;
	return NULL;
}

void place_part_done(struct place_part *part)
{
	free(part->etag);
	free(part->version);
}

/* ---- a disk that fails */

static bool sync_fails;

/* As Linux has it: what could not be written back is told once, and what the file then holds is not on the disk. */
int fdatasync(int fd)
{
	if (!sync_fails)
		return fsync(fd);
	sync_fails = false;
	errno = EIO;
	return -1;
}

/* ---- the box */

static char top[32];
static char part[64], origin[64];
static struct source_config source;
static struct strings notes;
static struct published came;
static struct error err;
static int offers, admissions;
static int64_t admitted, here_then;
static bool refuse_offer, refuse_etag, refuse_room, refuse_rest;
static int64_t size_cap, held, space_floor;

static void digest_there(char ret[SHA256_HEX])
{
	assert_int_equal(digest_bytes(there.bytes, there.n, ret, &err), 0);
}

static void put_revision(unsigned seed, const char *etag)
{
	for (size_t i = 0; i < SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		there.bytes[i] = (unsigned char)(seed >> 16);
	}
	memcpy(there.bytes, head, sizeof(head));
	there.n = SIZE;
	there.etag = etag;
}

static void publish_digest(void)
{
	char sha256[SHA256_HEX];

	digest_there(sha256);
	free(there.list);
	there.list = format("%s  shop.dump\n", sha256);
}

static int set_up(void **state)
{
	(void)state;
	memset(&there, 0, sizeof(there));
	put_revision(1, "\"one\"");
	(void)snprintf(top, sizeof(top), "/tmp/published-XXXXXX");
	assert_non_null(mkdtemp(top));
	(void)snprintf(part, sizeof(part), "%s/dump", top);
	(void)snprintf(origin, sizeof(origin), "%s/origin.json", top);
	source_config_init(&source, "shop");
	assert_int_equal(source_config_set(&source, "/", "source", "url", "https://db.example.com/d/", &err), 0);
	assert_int_equal(source_config_finish(&source, &err), 0);
	sync_fails = false;
	offers = admissions = 0;
	refuse_offer = refuse_etag = refuse_room = refuse_rest = false;
	size_cap = space_floor = 0;
	held = TIME_UNKNOWN;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(there.list);
	free(there.list_later);
	free(there.manifest);
	free(there.before.list);
	strings_done(&notes);
	published_done(&came);
	source_config_done(&source);
	return remove_tree(top, &err);
}

static int64_t here(void)
{
	struct stat st;

	return stat(part, &st) < 0 ? -1 : st.st_size;
}

static int on_offered(void *context, const struct origin *o, const char *sha256, int64_t bytes, struct error *e)
{
	(void)context, (void)sha256, (void)bytes;
	offers++;
	if (same(o->where, "https://db.example.com/d/before.dump"))
		return 0;
	assert_string_equal(o->where, "https://db.example.com/d/shop.dump"); /* and nothing that is a key */
	return refuse_offer || (refuse_etag && same(o->etag, there.etag)) ? fail(e, ERR_CURRENT, "here already") : 0;
}

static int on_admit(void *context, int64_t to_come, int64_t of, struct error *e)
{
	struct published_request *request = context;

	here_then = here();
	admissions++;
	admitted = to_come;
	request->space_floor = 0; /* room was made */
	return refuse_room || (refuse_rest && to_come < of) ? fail(e, ERR_SPACE, "no room") : 0;
}

static int pull(void)
{
	const struct place_secrets none = {0};
	struct published_request request = {
		.source = &source, .secrets = &none, .part_path = part, .origin_path = origin, .held = held, .size_cap = size_cap,
		.space_floor = space_floor, .deadline = NO_DEADLINE, .offered = on_offered, .admit = on_admit, .context = &request,
		.notes = &notes};

	published_done(&came);
	there.asked = 0;
	return pull_published(&request, &came, &err);
}

static void delivers(void)
{
	autofree char *bytes = NULL;
	char sha256[SHA256_HEX];
	size_t n;

	if (pull() < 0)
		fail_msg("%s", err.text);
	digest_there(sha256);
	assert_string_equal(came.digest.sha256, sha256);
	assert_int_equal(came.digest.bytes, there.n);
	assert_int_equal(read_small_bytes(part, SIZE + 1, &bytes, &n, &err), 0);
	assert_int_equal(n, there.n);
	assert_memory_equal(bytes, there.bytes, n);
	assert_string_equal(came.database, "shop");
	assert_int_equal(came.created, WHEN);
}

static void refused(enum error_kind kind, const char *says)
{
	assert_int_equal(pull(), -1);
	if (err.kind != kind || !strstr(err.text, says))
		fail_msg("%s: '%s' does not say '%s'", error_word(err.kind), err.text, says);
}

/* ---- whole */

static void one_comes_in_one_pass(void **state)
{
	(void)state;
	publish_digest();
	there.piece = 1000;
	delivers();
	assert_int_equal(there.asked, 1);
	assert_int_equal(came.origin.vouch, VOUCH_LIST);
	assert_string_equal(came.origin.etag, "\"one\"");
	assert_int_equal(came.origin.modified, WHEN);
	assert_false(came.resumed);
	assert_true(came.clock.known);
	assert_int_equal(offers, 1); /* the digest tells enough */
	assert_int_equal(admissions, 1);
	assert_int_equal(admitted, SIZE);
}

static void single_bytes_will_do(void **state)
{
	(void)state;
	there.n = 3000;
	there.piece = 1;
	delivers();
}

static void without_digest_it_is_unverified(void **state)
{
	autofree char *sentence = NULL;

	(void)state;
	delivers();
	assert_int_equal(came.origin.vouch, VOUCH_NONE);
	sentence = origin_sentence(&came.origin);
	assert_non_null(strstr(sentence, "origin unverified"));
	assert_int_equal(offers, 1); /* the answer to the question for it told its revision */
}

static void an_index_vouches_too(void **state)
{
	(void)state;
	digest_there(there.listed_sha256);
	delivers();
	assert_int_equal(came.origin.vouch, VOUCH_INDEX);
	publish_digest();
	delivers();
	there.listed_sha256[3] = there.listed_sha256[3] == 'a' ? 'b' : 'a';
	refused(ERR_DATA, "different digests");
}

static void what_a_store_keeps_is_compared(void **state)
{
	(void)state;
	digest_there(there.kept_sha256);
	delivers();
	assert_int_equal(came.origin.vouch, VOUCH_STORE);
	assert_int_equal(unlink(part), 0);
	there.kept_sha256[0] = there.kept_sha256[0] == 'a' ? 'b' : 'a';
	refused(ERR_DATA, "has not the sha256");
}

static void other_bytes_are_refused(void **state)
{
	(void)state;
	publish_digest();
	there.bytes[SIZE / 2] ^= 1;
	refused(ERR_DATA, "has not the sha256 that was published");
	assert_int_equal(here(), -1);
	assert_false(path_exists(origin));
}

static void one_that_was_replaced_is_tried_again(void **state)
{
	(void)state;
	publish_digest();
	there.list_later = take(there.list);
	put_revision(2, "\"two\"");
	publish_digest();
	free(take(there.list_later));
	there.list_later = xstrdup(there.list);
	there.bytes[9000] ^= 1; /* the digest that was read is of neither */
	there.list[0] = there.list[0] == 'a' ? 'b' : 'a';
	refused(ERR_CHANGED, "replaced while it was downloaded");
	assert_int_equal(here(), -1);
}

static void an_index_that_was_replaced_too_is_read_again(void **state)
{
	char later[SHA256_HEX];

	(void)state;
	digest_there(there.listed_sha256);
	put_revision(2, "\"two\"");
	refused(ERR_DATA, "has not the sha256 that was published"); /* the index still says so */
	digest_there(later);
	there.listed_later = later;
	refused(ERR_CHANGED, "replaced while it was downloaded");
	assert_int_equal(here(), -1);
}

/* ---- beside it */

static void a_manifest_is_taken_with_its_digest(void **state)
{
	char sha256[SHA256_HEX];
	autofree char *dump_line = NULL;

	(void)state;
	there.manifest = xstrdup("{\"a\":1}");
	publish_digest();
	delivers();
	assert_null(came.manifest);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.items[0], "no digest of it was published"));

	dump_line = take(there.list);
	assert_int_equal(digest_bytes(there.manifest, strlen(there.manifest), sha256, &err), 0);
	there.list = format("%s%s  shop.dump.json\n", dump_line, sha256);
	delivers();
	assert_string_equal(came.manifest, "{\"a\":1}");
	assert_int_equal(came.manifest_n, 7);

	there.manifest[2] = 'b';
	refused(ERR_DATA, "the manifest 'shop.dump.json' has not the sha256");
	free(take(there.manifest));
	refused(ERR_DATA, "names a manifest 'shop.dump.json', and that is not there");
	assert_int_equal(here(), SIZE); /* of the pull before: nothing was asked for */
}

static void a_list_of_others_is_refused(void **state)
{
	(void)state;
	there.list = xstrdup("<html>not found</html>\n");
	refused(ERR_DATA, "has no line for 'shop.dump'");
	assert_int_equal(there.asked, 0);
}

static void digests_are_found_in_lists(void **state)
{
#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	static const struct {
		const char *list;
		bool alone, found;
	} cases[] = {
		{HEX_A "  x.dump\n", false, true},
		{HEX_A " *x.dump\r\n", false, true},
		{HEX_A "  /srv/dumps/x.dump\n", false, true},
		{HEX_B "  y.dump\n" HEX_A "  x.dump", false, true},
		{"SHA256 (x.dump) = " HEX_A "\n", false, true},
		{"SHA256 (/a/x.dump) = " HEX_A "\n", false, true},
		{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA  x.dump\n", false, true},
		{HEX_A "  x.dump\n" HEX_A "  x.dump\n", false, true},
		{HEX_A "\n", true, true},
		{HEX_A, true, true},
		{HEX_A "\n", false, false},
		{HEX_A "\n" HEX_B "\n", true, false},
		{HEX_A "  x.dump\n" HEX_B "  x.dump\n", false, false},
		{HEX_A "a  x.dump\n", false, false},
		{HEX_A "  ax.dump\n", false, false},
		{HEX_A "  x.dump.json\n", false, false},
		{HEX_A " x.dump\n", false, false},
		{"SHA256 (x.dump) = " HEX_A "a\n", false, false},
		{"SHA256 (x.dump) = \n", false, false},
		{"", true, false},
		{"\n\n", true, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char sha256[SHA256_HEX];

		if (offer_digest_of(cases[i].list, "x.dump", cases[i].alone, sha256) != cases[i].found)
			fail_msg("'%s'", cases[i].list);
		if (cases[i].found)
			assert_string_equal(sha256, HEX_A);
	}
}

/* ---- in parts */

/* Cut off at many points, one after the other: what came is never asked for again, and the end is right. */
static void it_is_gone_on_with_after_every_cut(void **state)
{
	size_t cuts = 0;

	(void)state;
	publish_digest();
	there.cut_after = 35123;
	while (pull() < 0) {
		if (err.kind != ERR_NETWORK)
			fail_msg("%s", err.text);
		cuts++;
		assert_int_equal(there.asked, 1);
		assert_int_equal(there.asked_from[0], (cuts - 1) * 35123);
		assert_int_equal(here(), cuts * 35123);
		assert_int_equal(admitted, SIZE - (cuts - 1) * 35123);
	}
	assert_int_equal(cuts, 19);
	assert_string_equal(there.asked_etag, "\"one\"");
	assert_true(came.resumed);
	there.cut_after = 0;
	delivers(); /* the last byte is asked for once more, for the revision */
	assert_int_equal(there.asked_from[0], SIZE - 1);
}

static void rewrite(const char *path, const char *from, const char *to)
{
	autofree char *text = NULL, *new = NULL;
	char *at;

	assert_int_equal(read_small_file(path, 65536, &text, &err), 0);
	at = strstr(text, from);
	assert_non_null(at);
	new = format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	assert_int_equal(write_file_durably(path, new, strlen(new), 0600, &err), 0);
}

/* One half, to be gone on with. */
static void cut_in_half(void)
{
	there.cut_after = SIZE / 2;
	refused(ERR_NETWORK, "cut off");
	there.cut_after = 0;
	assert_int_equal(here(), SIZE / 2);
}

static void parts_of_two_revisions_never_mix(void **state)
{
	(void)state;
	cut_in_half();
	put_revision(2, "\"two\"");
	delivers();
	assert_int_equal(there.asked_from[0], SIZE / 2); /* only if it still is "one" */
	assert_false(came.resumed);
	assert_string_equal(came.origin.etag, "\"two\"");
}

static void a_listed_revision_tells_at_once(void **state)
{
	(void)state;
	cut_in_half();
	put_revision(2, "\"two\"");
	there.listed_etag = "\"two\"";
	delivers();
	assert_int_equal(there.asked_from[0], 0);
}

static void a_server_without_ranges_sends_it_whole(void **state)
{
	(void)state;
	cut_in_half();
	there.no_ranges = true;
	delivers();
	assert_int_equal(there.asked, 1);
	assert_false(came.resumed);
}

static void an_answer_from_elsewhere_is_not_joined(void **state)
{
	(void)state;
	cut_in_half();
	there.odd_ranges = true;
	delivers();
	assert_int_equal(there.asked, 2);
	assert_int_equal(there.asked_from[1], 0);
	assert_false(came.resumed);
}

static void a_size_that_changed_is_not_joined(void **state)
{
	(void)state;
	cut_in_half();
	there.n -= 5; /* and the server says it was the same */
	delivers();
	assert_int_equal(there.asked, 2);
	assert_false(came.resumed);
}

static void without_an_etag_nothing_stays(void **state)
{
	static const char *const etags[] = {NULL, "W/\"weak\""};

	(void)state;
	for (size_t i = 0; i < COUNT(etags); i++) {
		there.etag = etags[i];
		there.cut_after = SIZE / 2;
		refused(ERR_NETWORK, "cut off");
		assert_int_equal(here(), -1);
		assert_false(path_exists(origin));
	}
}

/* After a power cut the file may be longer than what is in it. */
static void after_another_boot_only_what_was_synced_counts(void **state)
{
	(void)state;
	publish_digest();
	cut_in_half();
	rewrite(origin, "\"boot\": \"", "\"boot\": \"not");
	assert_int_equal(truncate(part, SIZE / 2 + 4096), 0);
	delivers();
	assert_int_equal(there.asked_from[0], SIZE / 2);
	assert_true(came.resumed);
	assert_int_equal(unlink(part), 0);
	cut_in_half();
	rewrite(origin, "\"boot\": \"", "\"boot\": \"not");
	rewrite(origin, "\"kept\": 350000", "\"kept\": 1000");
	delivers();
	assert_int_equal(there.asked_from[0], 1000);
}

static void rot(void)
{
	FILE *f;

	f = fopen(part, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 5000, SEEK_SET), 0);
	assert_int_equal(fputs("rot", f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

static void what_could_not_be_synced_is_not_believed(void **state)
{
	(void)state;
	publish_digest();
	cut_in_half();
	there.cut_after = 1000;
	sync_fails = true;
	refused(ERR_NETWORK, "cut off");
	assert_int_equal(here(), SIZE / 2);
	there.cut_after = 0;
	delivers();
	assert_int_equal(there.asked_from[0], SIZE / 2);
}

static void what_rotted_meanwhile_is_begun_anew(void **state)
{
	(void)state;
	publish_digest();
	cut_in_half();
	rot();
	refused(ERR_CHANGED, "parts that do not make up");
	assert_int_equal(here(), -1);
	delivers();
	assert_int_equal(there.asked_from[0], 0);
}

/* An answer to a request for a rest does not tell it: what was begun has it noted. */
static void a_store_vouches_for_what_came_in_parts_too(void **state)
{
	(void)state;
	digest_there(there.kept_sha256);
	cut_in_half();
	delivers();
	assert_true(came.resumed);
	assert_int_equal(came.origin.vouch, VOUCH_STORE);
	assert_int_equal(unlink(part), 0);
	cut_in_half();
	rot();
	refused(ERR_CHANGED, "parts that do not make up");
	assert_int_equal(here(), -1);
	delivers();
	assert_false(came.resumed);
}

static void notes_that_make_no_sense_are_none(void **state)
{
	static const char minus[] = "{\"schema\":1,\"where\":\"https://db.example.com/d/shop.dump\",\"boot\":\"\",\"etag\":"
				    "\"\\\"one\\\"\",\"bytes\":700000,\"kept\":-5}";
	static const char *const texts[] = {
		"", "{", "[]", "{\"schema\":1}", "{\"schema\":2,\"where\":\"x\",\"boot\":\"y\"}", minus};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(write_file_durably(part, "junk", 4, 0600, &err), 0);
		assert_int_equal(write_file_durably(origin, texts[i], strlen(texts[i]), 0600, &err), 0);
		delivers();
		assert_int_equal(there.asked_from[0], 0);
	}
}

/* ---- a newer one was published meanwhile */

/* Half of one came; then a newer one was published. */
static void newer_than_the_half(void)
{
	autofree char *modified = format("%lld", (long long)WHEN), *earlier = format("%lld", (long long)WHEN - DAY);
	char sha256[SHA256_HEX];

	cut_in_half();
	memcpy(there.before.bytes, there.bytes, SIZE);
	there.before.n = SIZE;
	there.before.etag = there.etag;
	digest_there(sha256);
	there.before.list = format("%s  before.dump\n", sha256);
	rewrite(origin, "/d/shop.dump", "/d/before.dump");
	rewrite(origin, modified, earlier);
	put_revision(2, "\"two\"");
	publish_digest();
	offers = admissions = 0;
}

static void the_half_is_finished_first(void **state)
{
	autofree char *bytes = NULL;
	size_t n;

	(void)state;
	newer_than_the_half();
	if (pull() < 0)
		fail_msg("%s", err.text);
	assert_string_equal(came.file, "before.dump");
	assert_string_equal(came.newer, "shop.dump");
	assert_true(came.resumed);
	assert_int_equal(came.origin.modified, WHEN - DAY); /* it is no newer than it is */
	assert_int_equal(came.origin.vouch, VOUCH_LIST);
	assert_int_equal(there.asked, 0);
	assert_int_equal(there.before.asked, 1);
	assert_int_equal(there.sent, SIZE / 2);
	assert_int_equal(offers, 2);
	assert_int_equal(admitted, SIZE / 2);
	assert_int_equal(read_small_bytes(part, SIZE + 1, &bytes, &n, &err), 0);
	assert_int_equal(n, SIZE);
	assert_memory_equal(bytes, there.before.bytes, n);
	/* the store has taken it; then the newest comes */
	assert_int_equal(unlink(part), 0);
	assert_int_equal(unlink(origin), 0);
	held = WHEN - DAY;
	delivers();
	assert_string_equal(came.file, "shop.dump");
	assert_null(came.newer);
	assert_int_equal(there.before.asked, 1);
}

/* Night for night a newer one is published, and no night is long enough. */
static void one_that_takes_several_nights_arrives(void **state)
{
	int nights = 0;

	(void)state;
	newer_than_the_half();
	there.before.cut_after = SIZE / 10;
	while (pull() < 0) {
		assert_int_equal(err.kind, ERR_NETWORK);
		assert_int_equal(here(), SIZE / 2 + ++nights * (SIZE / 10));
		assert_int_equal(there.asked, 0);
	}
	assert_int_equal(nights, 4); /* the fifth brings the rest */
	assert_string_equal(came.file, "before.dump");
}

static void what_is_not_worth_it_is_not_finished(void **state)
{
	(void)state;
	newer_than_the_half();
	held = WHEN - DAY; /* one that is as new is here */
	delivers();
	assert_int_equal(there.before.asked, 0);
	assert_string_equal(came.file, "shop.dump");
}

static void what_is_here_already_hides_no_half(void **state)
{
	(void)state;
	newer_than_the_half();
	refuse_offer = true; /* the newest is here */
	refused(ERR_CURRENT, "here already");
	assert_int_equal(there.before.asked + there.asked, 0);
	assert_int_equal(here(), SIZE / 2);
}

static void what_is_too_large_is_not_finished(void **state)
{
	(void)state;
	newer_than_the_half();
	there.n = SIZE - 10;
	publish_digest();
	size_cap = SIZE - 1;
	delivers();
	assert_int_equal(there.before.asked, 0);
}

/* Trouble with an old file must not keep the newest away. */
static void what_cannot_be_finished_is_given_up(void **state)
{
	static const enum error_kind troubles[] = {ERR_NOTHING, ERR_REFUSED, ERR_PRIVILEGE, ERR_SOURCE, ERR_SPACE};

	for (size_t i = 0; i < COUNT(troubles); i++) {
		newer_than_the_half();
		there.before.trouble = troubles[i];
		delivers();
		assert_int_equal(there.before.asked, 1);
		assert_null(came.newer);
		assert_int_equal(notes.count, 1);
		assert_non_null(strstr(notes.items[0], "'before.dump', of which a part had come, is not finished"));
		assert_int_equal(tear_down(state) + set_up(state), 0);
	}
}

/* A single 503 must not cost what nights have brought; what never comes must not keep the newest away for ever. */
static void what_stays_barren_is_given_up(void **state)
{
	static const enum error_kind troubles[] = {ERR_NETWORK, ERR_TIMEOUT};

	for (size_t i = 0; i < 2 * COUNT(troubles); i++) {
		newer_than_the_half();
		there.before.trouble = troubles[i / 2];
		there.before.no_list = i % 2;
		for (int tries = 1; tries < 3; tries++) {
			refused(troubles[i / 2], "trouble with");
			assert_int_equal(there.asked, 0);
			assert_int_equal(here(), SIZE / 2);
		}
		delivers();
		assert_null(came.newer);
		assert_int_equal(notes.count, 1);
		assert_int_equal(tear_down(state) + set_up(state), 0);
	}
}

static void one_that_brings_more_is_barren_no_more(void **state)
{
	(void)state;
	newer_than_the_half();
	for (int nights = 1; nights < 4; nights++) {
		there.before.trouble = ERR_NETWORK;
		refused(ERR_NETWORK, "trouble with");
		refused(ERR_NETWORK, "trouble with");
		there.before.trouble = ERR_NONE;
		there.before.cut_after = SIZE / 10;
		refused(ERR_NETWORK, "cut off");
		assert_int_equal(here(), SIZE / 2 + nights * (SIZE / 10));
	}
}

/* No room for its rest; what had come of it is room for the newest, once that answers. */
static void what_does_not_fit_is_given_up(void **state)
{
	newer_than_the_half();
	refuse_rest = true;
	delivers();
	assert_int_equal(admissions, 2);
	assert_int_equal(here_then, 0);
	assert_int_equal(tear_down(state) + set_up(state), 0);
	newer_than_the_half();
	refuse_rest = there.down = true;
	refused(ERR_NETWORK, "nobody answers");
	assert_int_equal(here(), SIZE / 2);
	assert_true(path_exists(origin));
}

static void what_was_replaced_is_given_up(void **state)
{
	(void)state;
	newer_than_the_half();
	there.before.etag = "\"other\"";
	delivers();
	assert_int_equal(there.before.asked, 1); /* never anew */
	assert_null(came.newer);
}

static void what_rotted_is_given_up(void **state)
{
	(void)state;
	newer_than_the_half();
	rot();
	delivers();
	assert_null(came.newer);
}

/* The line breaks before the newest has begun: what had come of the other is still there to be finished. */
static void a_half_outlives_a_broken_line(void **state)
{
	(void)state;
	newer_than_the_half();
	there.before.trouble = ERR_REFUSED;
	there.down = true;
	refused(ERR_NETWORK, "nobody answers");
	assert_int_equal(here(), SIZE / 2);
	there.before.trouble = ERR_NONE;
	assert_int_equal(pull(), 0);
	assert_string_equal(came.newer, "shop.dump");
}

/* ---- never taken */

static void a_body_that_is_short_is_no_dump(void **state)
{
	(void)state;
	there.ends_after = SIZE - 1;
	refused(ERR_NETWORK, "ended after 699999 of 700000 bytes");
	assert_int_equal(here(), SIZE - 1); /* to be gone on with */
	there.ends_after = 0;
	delivers();
	assert_int_equal(there.asked_from[0], SIZE - 1);
}

static void what_is_no_archive_is_not_downloaded(void **state)
{
	(void)state;
	memcpy(there.bytes, "BZh", 3);
	there.piece = 2000;
	refused(ERR_SOURCE, "compressed by bzip2");
	assert_int_equal(there.sent, 2000);
	assert_int_equal(here(), -1);
	there.n = 20;
	memcpy(there.bytes, head, 20);
	refused(ERR_DATA, "is it damaged");
	there.n = 0;
	refused(ERR_SOURCE, "it is empty");
}

static void what_is_too_large_is_not_begun(void **state)
{
	(void)state;
	size_cap = SIZE - 1;
	refused(ERR_SPACE, "max-size is");
	assert_int_equal(there.sent, 0);
	there.no_size = true; /* then it is seen when it is too late */
	refused(ERR_SPACE, "max-size is");
	assert_true(there.sent > 0);
	assert_int_equal(here(), -1); /* nobody could tell where to go on */
}

static void what_is_here_already_is_not_asked_for(void **state)
{
	(void)state;
	refuse_offer = true;
	publish_digest();
	refused(ERR_CURRENT, "here already");
	assert_int_equal(there.asked, 0);
	free(take(there.list));
	refused(ERR_CURRENT, "here already");
	assert_int_equal(there.asked, 1);
	assert_int_equal(there.sent, 0);
	assert_int_equal(admissions, 0);
}

static void what_only_the_answer_tells_is_asked_about_too(void **state)
{
	(void)state;
	there.listed_etag = "\"of the listing\"";
	refuse_etag = true; /* that of the answer */
	refused(ERR_CURRENT, "here already");
	assert_int_equal(offers, 2);
	assert_int_equal(there.sent, 0);
	assert_int_equal(here(), -1);
	refuse_etag = false;
	cut_in_half();
	refuse_etag = true;
	refused(ERR_CURRENT, "here already");
	assert_int_equal(here(), -1); /* what is here whole is not gone on with */
}

static void without_room_nothing_comes(void **state)
{
	(void)state;
	refuse_room = true;
	refused(ERR_SPACE, "no room");
	assert_int_equal(there.sent, 0);
	refuse_room = false;
	cut_in_half();
	refuse_room = true;
	refused(ERR_SPACE, "no room");
	assert_int_equal(here(), SIZE / 2); /* what has come stays */
	assert_int_equal(admitted, SIZE / 2);
}

/* What has come must not stand in the way of making room for its rest. */
static void room_is_made_before_it_is_wanted(void **state)
{
	(void)state;
	cut_in_half();
	space_floor = INT64_MAX;
	delivers();
	assert_int_equal(admissions, 2);
	assert_true(came.resumed);
}

#define A_PULL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		A_PULL(one_comes_in_one_pass),
		A_PULL(single_bytes_will_do),
		A_PULL(without_digest_it_is_unverified),
		A_PULL(an_index_vouches_too),
		A_PULL(what_a_store_keeps_is_compared),
		A_PULL(other_bytes_are_refused),
		A_PULL(one_that_was_replaced_is_tried_again),
		A_PULL(an_index_that_was_replaced_too_is_read_again),
		A_PULL(a_manifest_is_taken_with_its_digest),
		A_PULL(a_list_of_others_is_refused),
		A_PULL(digests_are_found_in_lists),
		A_PULL(it_is_gone_on_with_after_every_cut),
		A_PULL(parts_of_two_revisions_never_mix),
		A_PULL(a_listed_revision_tells_at_once),
		A_PULL(a_server_without_ranges_sends_it_whole),
		A_PULL(an_answer_from_elsewhere_is_not_joined),
		A_PULL(a_size_that_changed_is_not_joined),
		A_PULL(without_an_etag_nothing_stays),
		A_PULL(after_another_boot_only_what_was_synced_counts),
		A_PULL(what_could_not_be_synced_is_not_believed),
		A_PULL(what_rotted_meanwhile_is_begun_anew),
		A_PULL(a_store_vouches_for_what_came_in_parts_too),
		A_PULL(notes_that_make_no_sense_are_none),
		A_PULL(the_half_is_finished_first),
		A_PULL(one_that_takes_several_nights_arrives),
		A_PULL(what_is_not_worth_it_is_not_finished),
		A_PULL(what_is_here_already_hides_no_half),
		A_PULL(what_is_too_large_is_not_finished),
		A_PULL(what_cannot_be_finished_is_given_up),
		A_PULL(what_stays_barren_is_given_up),
		A_PULL(one_that_brings_more_is_barren_no_more),
		A_PULL(what_does_not_fit_is_given_up),
		A_PULL(what_was_replaced_is_given_up),
		A_PULL(what_rotted_is_given_up),
		A_PULL(a_half_outlives_a_broken_line),
		A_PULL(a_body_that_is_short_is_no_dump),
		A_PULL(what_is_no_archive_is_not_downloaded),
		A_PULL(what_is_too_large_is_not_begun),
		A_PULL(what_is_here_already_is_not_asked_for),
		A_PULL(what_only_the_answer_tells_is_asked_about_too),
		A_PULL(without_room_nothing_comes),
		A_PULL(room_is_made_before_it_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
