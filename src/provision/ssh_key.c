#include "provision/ssh_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "port/digest.h"

#define LEAST_RSA_BITS 3072
#define MOST_RSA_BITS 16384
#define LONGEST_COMMENT 200

/* What is inside of a key: strings, each with its length in four bytes before it (RFC 4251, section 5). */
struct wire {
	const unsigned char *at;
	size_t left;
};

static bool wire_string(struct wire *w, const unsigned char **ret, size_t *ret_n)
{
	size_t n;

	if (w->left < 4)
		return false;
	n = (size_t)w->at[0] << 24 | (size_t)w->at[1] << 16 | (size_t)w->at[2] << 8 | w->at[3];
	if (n > w->left - 4)
		return false;
	*ret = w->at + 4;
	*ret_n = n;
	w->at += 4 + n;
	w->left -= 4 + n;
	return true;
}

static bool wire_says(struct wire *w, const char *text)
{
	const unsigned char *bytes;
	size_t n;

	return wire_string(w, &bytes, &n) && n == strlen(text) && memcmp(bytes, text, n) == 0;
}

static bool wire_has(struct wire *w, size_t length)
{
	const unsigned char *bytes;
	size_t n;

	return wire_string(w, &bytes, &n) && n == length;
}

/* The bits of a positive number in its one encoding; 0 for what is none. */
static size_t wire_bits(struct wire *w)
{
	const unsigned char *bytes;
	size_t n, bits;

	if (!wire_string(w, &bytes, &n) || n == 0 || (bytes[0] & 0x80))
		return 0;
	if (bytes[0] == 0) {
		bytes++;
		n--;
	}
	if (n == 0 || n > MOST_RSA_BITS / 8 || bytes[0] == 0)
		return 0;
	bits = n * 8;
	for (unsigned char top = bytes[0]; !(top & 0x80); top = (unsigned char)(top << 1))
		bits--;
	return bits;
}

enum shape { SHAPE_ED25519, SHAPE_SK_ED25519, SHAPE_ECDSA, SHAPE_RSA };

static const struct kind {
	const char *name;
	enum shape shape;
	const char *curve; /* of ECDSA */
	size_t point;	   /* its bytes */
} kinds[] = {
	{"ssh-ed25519", SHAPE_ED25519, NULL, 0},
	{"sk-ssh-ed25519@openssh.com", SHAPE_SK_ED25519, NULL, 0},
	{"ecdsa-sha2-nistp256", SHAPE_ECDSA, "nistp256", 65},
	{"ecdsa-sha2-nistp384", SHAPE_ECDSA, "nistp384", 97},
	{"ecdsa-sha2-nistp521", SHAPE_ECDSA, "nistp521", 133},
	{"ssh-rsa", SHAPE_RSA, NULL, 0},
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (same(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static int refuse_rsa(size_t bits, struct error *err)
{
	if (bits == 0)
		return fail(err, ERR_CONFIG, "the key is damaged: copy the whole line of the .pub file once more");
	return fail(err, ERR_CONFIG, "an RSA key of %zu bits is too weak, it takes 3072: make another with 'ssh-keygen -t ed25519'",
		    bits);
}

/* What the base64 holds has to be what the word before it says, and nothing more. */
static int look_inside(const struct kind *kind, struct wire w, struct error *err)
{
	const unsigned char *bytes;
	size_t n, bits;
	bool whole = wire_says(&w, kind->name);

	switch (kind->shape) {
	case SHAPE_ED25519:
		whole = whole && wire_has(&w, 32);
		break;
	case SHAPE_SK_ED25519:
		whole = whole && wire_has(&w, 32) && wire_string(&w, &bytes, &n);
		break;
	case SHAPE_ECDSA:
		whole = whole && wire_says(&w, kind->curve) && wire_has(&w, kind->point);
		break;
	case SHAPE_RSA:
		whole = whole && wire_bits(&w) > 0;
		bits = whole ? wire_bits(&w) : 0;
		if (whole && bits < LEAST_RSA_BITS)
			return refuse_rsa(bits, err);
		break;
	}
	if (!whole || w.left)
		return fail(err, ERR_CONFIG, "what follows '%s' is no such key: copy the whole line of the .pub file once more",
			    kind->name);
	return 0;
}

static int refuse_kind(const char *word, const char *rest, struct error *err)
{
	autofree char *shown = printable(word, false);

	if (starts_with(word, "-----"))
		return fail(err, ERR_CONFIG, "this looks like a private key, which stays where it is: take the line of the file "
			    "whose name ends in .pub");
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strstr(rest, kinds[i].name))
			return fail(err, ERR_CONFIG, "something stands in front of the key: begin with '%s'", kinds[i].name);
	return fail(err, ERR_CONFIG, "'%.60s' is no kind of key the box takes: use one that begins with ssh-ed25519, "
		    "sk-ssh-ed25519@openssh.com, ecdsa-sha2-nistp256 or ssh-rsa (3072 bits or more)", shown);
}

/* The first word of 'text', and the rest behind white space. */
static char *split(const char *text, const char **ret_rest)
{
	size_t n = strcspn(text, " \t");

	*ret_rest = text + n + strspn(text + n, " \t");
	return xstrndup(text, n);
}

/* From hexadecimal to what ssh-keygen shows. */
static char *fingerprint_of(const char sha256[SHA256_HEX])
{
	unsigned char bytes[(SHA256_HEX - 1) / 2];
	autofree char *text = NULL;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		const char two[] = {sha256[2 * i], sha256[2 * i + 1], '\0'};

		bytes[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	text = base64_encode(bytes, sizeof(bytes));
	text[strcspn(text, "=")] = '\0';
	return format("SHA256:%s", text);
}

static bool is_plain(const char *comment)
{
	autofree char *shown = printable(comment, false);

	return same(shown, comment) && strlen(comment) <= LONGEST_COMMENT;
}

int ssh_key_parse(const char *text, struct ssh_key *ret, struct error *err)
{
	const char *rest, *comment;
	autofree char *type = split(text, &rest), *blob = split(rest, &comment);
	autofree unsigned char *bytes = NULL;
	const struct kind *kind = find_kind(type);
	char sha256[SHA256_HEX];
	size_t n;

	if (!kind)
		return refuse_kind(type, rest, err);
	bytes = base64_decode(blob, &n);
	if (!*blob || !bytes)
		return fail(err, ERR_CONFIG, "the key behind '%s' is cut off or damaged: copy the whole line of the .pub file once "
			    "more, as one line", type);
	if (look_inside(kind, (struct wire){bytes, n}, err) < 0)
		return -1;
	if (!is_plain(comment))
		return fail(err, ERR_CONFIG, "the comment behind the key has to be at most %d bytes of plain text: shorten it",
			    LONGEST_COMMENT);
	if (digest_bytes(bytes, n, sha256, err) < 0)
		return -1;
	*ret = (struct ssh_key){.fingerprint = fingerprint_of(sha256), .comment = xstrdup(comment)};
	ret->type = take(type);
	ret->blob = take(blob);
	return 0;
}

void ssh_key_done(struct ssh_key *key)
{
	free(key->type);
	free(key->blob);
	free(key->comment);
	free(key->fingerprint);
	*key = (struct ssh_key){0};
}
