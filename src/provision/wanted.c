#include "provision/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "model/url.h"
#include "port/ini.h"

#define LONGEST_FILE_NAME 100

struct taking {
	struct wanted *wanted;
	struct ini_place place;
};

static void given_done(struct given *g)
{
	if (g->value)
		explicit_bzero(g->value, strlen(g->value));
	free(g->value);
	*g = (struct given){0};
}

/* ---- one value each */

static bool in_set(const char *value, const char *set)
{
	return strspn(value, set) == strlen(value);
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static int take_name(struct wanted *w, const char *value, struct error *err)
{
	size_t n = strlen(value);

	if (n < 1 || n > 63 || !in_set(value, LETTERS DIGITS "-") || value[0] == '-' || value[n - 1] == '-' ||
	    in_set(value, DIGITS)) {
		autofree char *shown = printable(value, false);

		return fail(err, ERR_CONFIG,
			    "name = '%.100s' cannot be a host's name: 1 to 63 of A-Z a-z 0-9 and -, not only digits, "
			    "with no - at its ends",
			    shown);
	}
	set_text(&w->name, value);
	return 0;
}

/* Whether there is such a zone is for the box to say; that the name leads nowhere else is said here. */
static int take_time_zone(struct wanted *w, const char *value, struct error *err)
{
	if (!*value || strlen(value) > 100 || !in_set(value, LETTERS DIGITS "_+-/") || value[0] == '/' || strstr(value, "//") ||
	    ends_with(value, "/") || same(value, "localtime") /* which leads back to what is set here */) {
		autofree char *shown = printable(value, false);

		return fail(err, ERR_CONFIG, "time-zone = '%.100s' is not the name of a time zone, as in Europe/Berlin", shown);
	}
	set_text(&w->time_zone, value);
	return 0;
}

static int take_mdns(struct wanted *w, const char *value, struct error *err)
{
	if (!same(value, "yes") && !same(value, "no"))
		return fail(err, ERR_CONFIG, "mdns is yes or no");
	w->mdns_given = true;
	w->mdns = same(value, "yes");
	return 0;
}

static int take_encrypt(struct wanted *w, const char *value, struct error *err)
{
	if (!same(value, "yes") && !same(value, "no"))
		return fail(err, ERR_CONFIG,
			    "encrypt is yes or no; the passphrase never stands here: 'drillbox unlock' asks for it");
	w->encrypt = same(value, "yes");
	return 0;
}

static int add_ssh(struct wanted_ssh_list *list, const char *allowed, const char *text, struct error *err)
{
	struct ssh_key key;

	if (ssh_key_parse(text, &key, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (same(list->items[i].key.blob, key.blob)) {
			ssh_key_done(&key);
			return fail(err, ERR_CONFIG, "this key is given a second time: leave one out");
		}
	list->items = grow(list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = (struct wanted_ssh){.key = key, .allowed = allowed ? xstrdup(allowed) : NULL};
	return 0;
}

static int take_admin(struct wanted *w, const char *value, struct error *err)
{
	return add_ssh(&w->admin, NULL, value, err);
}

/* The word that 'text' begins with, cut off it. */
static bool next_word(const char **text, const char *word)
{
	size_t n = strlen(word);

	if (!starts_with(*text, word) || !strchr(" \t", (*text)[n]) || !(*text)[n])
		return false;
	*text += n + strspn(*text + n, " \t");
	return true;
}

static int take_history(struct wanted *w, const char *value, struct error *err)
{
	bool drill = false, fetch = false, more = true;

	if (!next_word(&value, "allow"))
		return add_ssh(&w->history, NULL, value, err);
	while (more) {
		bool drills = next_word(&value, "drill"), fetches = !drills && next_word(&value, "fetch");

		drill = drill || drills;
		fetch = fetch || fetches;
		more = drills || fetches;
	}
	if (!drill && !fetch)
		return fail(err, ERR_CONFIG,
			    "behind allow stands what this key may do beyond reading: drill, fetch or both, then the key");
	return add_ssh(&w->history, drill && fetch ? "allow drill fetch" : drill ? "allow drill" : "allow fetch", value, err);
}

static int take_wire_address(struct wanted *w, const char *value, struct error *err)
{
	return link_set_address(&w->wire, value, err);
}

static int take_wire_gateway(struct wanted *w, const char *value, struct error *err)
{
	return link_set_gateway(&w->wire, value, err);
}

static int take_wire_dns(struct wanted *w, const char *value, struct error *err)
{
	return link_set_dns(&w->wire, value, err);
}

static int take_air_address(struct wanted *w, const char *value, struct error *err)
{
	return link_set_address(&w->air, value, err);
}

static int take_air_gateway(struct wanted *w, const char *value, struct error *err)
{
	return link_set_gateway(&w->air, value, err);
}

static int take_air_dns(struct wanted *w, const char *value, struct error *err)
{
	return link_set_dns(&w->air, value, err);
}

static int take_ssid(struct wanted *w, const char *value, struct error *err)
{
	if (!*value || strlen(value) > 32 || has_control(value))
		return fail(err, ERR_CONFIG, "ssid is the Wi-Fi's name, 1 to 32 bytes");
	set_text(&w->ssid, value);
	return 0;
}

static bool all_stars(const char *value)
{
	return *value && in_set(value, "*");
}

static int take_wifi_password(struct wanted *w, const char *value, struct error *err)
{
	size_t n = strlen(value);
	bool is_key = n == 64 && in_set(value, DIGITS "abcdefABCDEF*"); /* with stars: one that was being removed */

	/* stars of any length: what they stand for was looked at when it was given */
	if (has_control(value) || (!all_stars(value) && !is_key && (n < 8 || n > 63)))
		return fail(err, ERR_CONFIG, "password is the Wi-Fi's: 8 to 63 bytes, or its key as 64 hexadecimal digits");
	set_text(&w->wifi_password.value, value);
	return 0;
}

static int take_country(struct wanted *w, const char *value, struct error *err)
{
	if (strlen(value) != 2 || !in_set(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return fail(err, ERR_CONFIG, "country is two capital letters, as in DE: they settle which channels are lawful");
	set_text(&w->country, value);
	return 0;
}

static const struct provision_key keys[] = {
	{"box", "name", "what the box is called on the net and in its reports", false, take_name},
	{"box", "time-zone", "the time zone of the schedules, as in Europe/Berlin; UTC unless given", false, take_time_zone},
	{"box", "mdns", "yes or no: whether the box is found as NAME.local; yes unless given", false, take_mdns},
	{"box", "encrypt", "yes: the data disk is encrypted, and opened after each start by 'drillbox unlock'; no unless given",
	 false, take_encrypt},
	{"ssh", "admin", "the line of a .pub file: who may administer the box; once for each key", true, take_admin},
	{"ssh", "history",
	 "the same for who may read; with 'allow drill', 'allow fetch' or 'allow drill fetch' before the key also more", true,
	 take_history},
	{"network", "address", "the address on the wire with its net, as in 192.168.1.10/24; dhcp unless given", false,
	 take_wire_address},
	{"network", "gateway", "the router's address", false, take_wire_gateway},
	{"network", "dns", "addresses of name servers, with a space between", false, take_wire_dns},
	{"wifi", "ssid", "the Wi-Fi's name", false, take_ssid},
	{"wifi", "password", "the Wi-Fi's password; removed from the card once it was applied", false, take_wifi_password},
	{"wifi", "country", "where the box stands, as in DE", false, take_country},
	{"wifi", "address", "as in [network], for the Wi-Fi", false, take_air_address},
	{"wifi", "gateway", "as in [network]", false, take_air_gateway},
	{"wifi", "dns", "as in [network]", false, take_air_dns},
	{0},
};

const struct provision_key *wanted_keys(void)
{
	return keys;
}

/* ---- sections and keys */

/* As in the tables: with NAME for each source's. */
static const char *const sections[] = {
	"box",       "ssh",        "network",   "wifi",   "panel",       "source NAME",
	"pull NAME", "drill NAME", "keep NAME", "notify", "notify NAME", NULL,
};

const char *const *wanted_sections(void)
{
	return sections;
}

static bool is_of_source(const char *section)
{
	return strchr(section, ' ') != NULL;
}

static char *first_word(const char *section)
{
	return xstrndup(section, strcspn(section, " "));
}

static bool begins_with_word(const char *section, const char *word)
{
	return starts_with(section, word) && (!section[strlen(word)] || section[strlen(word)] == ' ');
}

/* The one of the tables that a section of the file is; NULL: none. */
static const char *table_section(const char *section)
{
	autofree char *word = first_word(section);
	const char *name = section[strlen(word)] ? section + strlen(word) + 1 : NULL;

	for (const char *const *s = sections; *s; s++)
		if (begins_with_word(*s, word) && is_of_source(*s) == (name != NULL) && (!name || source_name_valid(name)))
			return *s;
	return NULL;
}

static int list_sections(const char *shown, struct error *err)
{
	CLEANUP(text_done) struct text t = {0};

	for (const char *const *s = sections; *s; s++)
		text_addf(&t, "%s[%s]", t.length ? ", " : "", *s);
	return fail(err, ERR_CONFIG, "unknown section [%s]: there are %s", shown, t.data);
}

static int unknown_section(const char *section, struct error *err)
{
	autofree char *shown = printable(section, false), *word = first_word(section);
	CLEANUP(strings_done) struct strings words = {0};
	const char *near, *meant = NULL;

	if (!*section)
		return fail(err, ERR_CONFIG, "a key stands before the first [section]");
	for (const char *const *s = sections; *s; s++) {
		if (is_of_source(*s) && begins_with_word(*s, word))
			return fail(err, ERR_CONFIG,
				    "section [%s] needs the source's name behind one space: write [%s shop], its name in "
				    "1 to 42 of A-Z a-z 0-9 _ -",
				    shown, word);
		strings_add_owned(&words, first_word(*s));
	}
	strings_add_owned(&words, NULL);
	near = nearest_name(word, (const char *const *)words.items);
	for (const char *const *s = sections; near && *s; s++)
		if (begins_with_word(*s, near) && (!meant || is_of_source(*s) == is_of_source(section)))
			meant = *s;
	return meant ? fail(err, ERR_CONFIG, "unknown section [%s]: did you mean [%s]?", shown, meant) : list_sections(shown, err);
}

static const struct provision_key *find_key(const char *section, const char *key)
{
	for (const struct provision_key *k = keys; k->section; k++)
		if (same(k->section, section) && same(k->key, key))
			return k;
	return NULL;
}

bool wanted_takes_as_it_is(const char *section, const struct config_key *key)
{
	/* what there is of [box] is drillbox.txt's own: where the data is, the image says */
	return !same(section, "box") && begins_with_word(section, key->section) && held_find(section, key->key) == HELDS &&
	       held_find_in_conf(section, key->key) == HELDS;
}

static bool takes_as_it_is(const char *section, const char *key)
{
	for (const struct config_key *k = config_keys(is_of_source(section)); k->section; k++)
		if (same(k->key, key) && wanted_takes_as_it_is(section, k))
			return true;
	return false;
}

static bool is_known(const char *section, const char *key)
{
	return find_key(section, key) || held_find(section, key) < HELDS || takes_as_it_is(section, key);
}

static void list_keys(const char *section, struct strings *ret)
{
	for (const struct provision_key *k = keys; k->section; k++)
		if (same(k->section, section))
			strings_add(ret, k->key);
	for (enum held held = 0; held < HELDS; held++)
		if (same(held_kind(held)->section, section))
			strings_add(ret, held_kind(held)->key);
	for (const struct config_key *k = config_keys(is_of_source(section)); k->section; k++)
		if (wanted_takes_as_it_is(section, k))
			strings_add(ret, k->key);
	strings_add_owned(ret, NULL);
}

/* 'section' is as in the tables, 'shown' as in the file. */
static int unknown_key(const char *section, const char *shown, const char *key, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0};
	autofree char *shown_key = printable(key, false);
	const char *near;

	list_keys(section, &names);
	near = nearest_name(key, (const char *const *)names.items);
	if (near)
		return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: did you mean '%s'?", shown_key, shown, near);
	for (const char *const *s = sections; *s; s++)
		if (is_known(*s, key))
			return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: it belongs in [%s]", shown_key, shown, *s);
	return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: 'drillbox provision --keys' lists what there is", shown_key, shown);
}

static bool repeats(const char *section, const char *key)
{
	const struct provision_key *k = find_key(section, key);

	return k && k->repeats;
}

static void add_key(struct wanted_keys *list, const char *section, const char *key, const char *value)
{
	list->items = grow(list->items, list->count, sizeof(*list->items));
	list->items[list->count++] =
		(struct wanted_key){.section = xstrdup(section), .key = xstrdup(key), .value = xstrdup(value)};
}

/* The source a section is about, made when it is new. */
static struct wanted_source *source_of(struct wanted *w, const char *name, int line)
{
	struct wanted_source *s;

	for (size_t i = 0; i < w->source_count; i++)
		if (same(w->sources[i].name, name))
			return &w->sources[i];
	w->sources = grow(w->sources, w->source_count, sizeof(*w->sources));
	s = &w->sources[w->source_count++];
	s->name = xstrdup(name);
	s->line = line;
	source_config_init(&s->config, name);
	return s;
}

/* Put 'to' in the place of each 'from'. */
static void reword(const char *from, const char *to, struct error *err)
{
	CLEANUP(text_done) struct text t = {0};
	const char *rest = err->text;

	for (const char *at; (at = strstr(rest, from)); rest = at + strlen(from)) {
		text_add_bytes(&t, rest, (size_t)(at - rest));
		text_add(&t, to);
	}
	text_add(&t, rest);
	(void)fail(err, ERR_CONFIG, "%s", t.data);
}

/* What is refused is cured otherwise than in the box's own files, where each secret has a file of its own. */
static int say_as_here(const char *section, struct error *err)
{
	const char *const refused[] = {
		url_refused("password"), url_refused("passfile"),
		"write it without them, name the user with 'user', and a file with the password with 'password-file'",
	};
	autofree char *advice = format("take it out, and write the password as password = ... in [%s]", section);

	for (size_t i = 0; i < COUNT(refused); i++)
		reword(refused[i], advice, err);
	for (enum held held = 0; held < HELDS; held++)
		if (!same(held_kind(held)->conf_key, held_kind(held)->key))
			reword(held_kind(held)->conf_key, held_kind(held)->key, err);
	return -1;
}

static bool is_terminal(const char *value)
{
	return same(value, "terminal");
}

static bool has_login(const char *value)
{
	return strchr(value, '@') != NULL;
}

/* What is right in the box's own files, and not here. */
static int look_closer(const char *section, const char *key, const char *value, struct error *err)
{
	static const char proxy[] =
		"proxy holds a login, which would stay on this card: name one that asks for none, or give it on the box, "
		"in place of this section";
	static const struct {
		const char *section, *key;
		bool (*is_it)(const char *value);
		const char *why;
	} refused[] = {
		{"panel", "backend", is_terminal,
		 "backend = terminal is for a person who starts the daemon in one: on the box it is auto, gpio or none"},
		{"source NAME", "proxy", has_login, proxy},
		{"notify", "proxy", has_login, proxy},
	};

	for (size_t i = 0; i < COUNT(refused); i++)
		if (same(refused[i].section, section) && same(refused[i].key, key) && refused[i].is_it(value))
			return fail(err, ERR_CONFIG, "%s", refused[i].why);
	return 0;
}

/* A key as it goes into a file of the box: of a source's, or for NULL of drillbox.conf. */
static int set_key(struct wanted *w, struct wanted_source *s, const char *word, const char *key, const char *value,
		   struct error *err)
{
	static const char folder[] = "/etc/drillbox";
	int set = s ? source_config_set(&s->config, folder, word, key, value, err) :
		      box_config_set(&w->conf.config, folder, word, key, value, err);

	if (set < 0)
		return -1;
	add_key(s ? &s->keys : &w->conf.keys, word, key, value);
	return 0;
}

static int check_file_name(const struct held_kind *kind, const char *value, struct error *err)
{
	autofree char *shown = NULL;

	if (*value && strlen(value) <= LONGEST_FILE_NAME && value[0] != '.' && in_set(value, LETTERS DIGITS "._- +@()") &&
	    !same(value, PROVISION_FILE))
		return 0;
	shown = printable(kind->leaves ? "..." : value, false); /* it may be the secret itself */
	return fail(err, ERR_CONFIG,
		    "%s = '%.100s' is not the name of a file beside " PROVISION_FILE ": lay it there and write its name "
		    "alone, in plain letters and without a folder",
		    kind->key, shown);
}

/* What is left of a secret that was being taken out is looked at when it is known whether that is so. */
static int check_secret(enum held held, const char *value, struct error *err)
{
	const char *why = strchr(value, '*') ? NULL : held_kind(held)->quarrel(value, strlen(value));

	return why ? fail(err, ERR_CONFIG, "%s %s", held_kind(held)->key, why) : 0;
}

static void place_given(struct given *g, const struct ini_place *place, bool is_secret)
{
	g->line = place->line;
	g->at = place->value_at;
	g->length = place->value_length;
	g->masked = is_secret && all_stars(g->value);
}

static int take_held(struct wanted *w, struct wanted_source *s, enum held held, const char *value, const struct ini_place *place,
		     struct error *err)
{
	const struct held_kind *kind = held_kind(held);
	struct given *given = s ? &s->held[held] : &w->conf.held[held];
	autofree char *path = held_path(held, s ? s->name : NULL), *word = first_word(kind->section);
	bool is_file = held_is_file(held);

	if ((is_file ? check_file_name(kind, value, err) : check_secret(held, value, err)) < 0)
		return -1;
	set_text(&given->value, value);
	place_given(given, place, !is_file);
	return set_key(w, s, word, kind->conf_key, path, err);
}

/* The key by which the box's own files name a file. */
static int refuse_conf_key(enum held held, struct error *err)
{
	const struct held_kind *kind = held_kind(held);

	if (held_is_file(held))
		return fail(err, ERR_CONFIG,
			    "here it is %s = ... that names a file beside " PROVISION_FILE ": the box puts it into a file "
			    "of its own",
			    kind->key);
	return fail(err, ERR_CONFIG, "here the %s itself is given, as %s = ...: the box puts it into a file of its own", kind->key,
		    kind->key);
}

static void note_line(struct wanted *w, const char *section, const char *key, const struct ini_place *place)
{
	const struct {
		const char *section;
		int *line;
	} lines[] = {{"network", &w->wire_line},
		     {"wifi", &w->air_line},
		     {"panel", &w->conf.panel_line},
		     {"notify", &w->conf.notify_line}};

	for (size_t i = 0; i < COUNT(lines); i++)
		if (same(lines[i].section, section) && *lines[i].line == 0)
			*lines[i].line = place->section_line;
	if (same(key, "time-zone"))
		w->time_zone_line = place->line;
	if (same(section, "box") && same(key, "encrypt"))
		w->encrypt_line = place->line;
}

static int take_conf_key(struct wanted *w, struct wanted_source *s, const char *known, const char *section, const char *key,
			 const char *value, struct error *err)
{
	autofree char *word = first_word(known);
	enum held held = held_find_in_conf(known, key);

	if (held < HELDS)
		return refuse_conf_key(held, err);
	if (!takes_as_it_is(known, key))
		return unknown_key(known, section, key, err);
	if (look_closer(known, key, value, err) < 0)
		return -1;
	return set_key(w, s, word, key, value, err) < 0 ? say_as_here(section, err) : 0;
}

static int take_by_section(struct wanted *w, const char *section, const char *key, const char *value, struct ini_place *place,
			   struct error *err)
{
	const char *known = table_section(section);
	const struct provision_key *own = known ? find_key(known, key) : NULL;
	enum held held = known ? held_find(known, key) : HELDS;
	struct wanted_source *s = NULL;

	if (!known) {
		place->line = place->section_line ? place->section_line : place->line;
		return unknown_section(section, err);
	}
	note_line(w, section, key, place);
	if (is_of_source(known)) {
		s = source_of(w, section + strcspn(section, " ") + 1, place->section_line);
		s->has_section = s->has_section || same(known, "source NAME");
	}
	if (own)
		return own->set(w, value, err);
	if (held < HELDS)
		return take_held(w, s, held, value, place, err);
	return take_conf_key(w, s, known, section, key, value, err);
}

static int take_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	struct taking *t = context;

	if (!is_utf8(value))
		return fail(err, ERR_CONFIG, "the value is not UTF-8: save the file as UTF-8");
	if (take_by_section(t->wanted, section, key, value, &t->place, err) < 0)
		return -1;
	if (t->wanted->wifi_password.value && !t->wanted->wifi_password.line)
		place_given(&t->wanted->wifi_password, &t->place, true);
	return 0;
}

struct given *wanted_secret(struct wanted *w, size_t i)
{
	size_t holder = i ? (i - 1) / HELD_SECRETS : 0, held = i ? (i - 1) % HELD_SECRETS : 0;

	if (i == 0)
		return &w->wifi_password;
	if (holder == 0)
		return &w->conf.held[held];
	return holder <= w->source_count ? &w->sources[holder - 1].held[held] : NULL;
}

/* ---- the whole */

int wanted_fail_at(int line, struct error *err)
{
	return fail_within(err, PROVISION_FILE ", line %d", line);
}

/* What editors on other systems make of a text. */
static int look_at_encoding(const char *bytes, size_t n, struct error *err)
{
	bool marked = n >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
	const char *nul = memchr(bytes, '\0', n);

	if (marked || (nul && nul - bytes < 4))
		return fail(err, ERR_CONFIG, PROVISION_FILE " is saved as UTF-16 ('Unicode'): save it as UTF-8 or plain text");
	if (nul)
		return fail(err, ERR_CONFIG, PROVISION_FILE " is not a text: write it anew with a plain text editor");
	if (memchr(bytes, '\r', n) && !memchr(bytes, '\n', n))
		return fail(err, ERR_CONFIG,
			    "the lines of " PROVISION_FILE " end as on a very old Mac: save it with Unix or Windows line "
			    "ends");
	return 0;
}

static int finish_wifi(const struct wanted *w, struct error *err)
{
	const char *lacks = !w->ssid ? "ssid" : !w->wifi_password.value ? "password" : !w->country ? "country" : NULL;

	if (lacks) {
		(void)fail(err, ERR_CONFIG, "[wifi] has no %s: it needs ssid, password and country", lacks);
		return wanted_fail_at(w->air_line, err);
	}
	return link_finish(&w->air, err) < 0 ? wanted_fail_at(w->air_line, err) : 0;
}

static int finish_source(const struct wanted *w, struct wanted_source *s, struct error *err)
{
	autofree const char **names = xcalloc(w->source_count + 1, sizeof(*names));
	autofree char *section = format("source %s", s->name);
	const char *near;
	size_t n = 0;

	if (s->has_section && source_config_finish(&s->config, err) == 0)
		return 0;
	if (s->has_section) {
		(void)say_as_here(section, err);
		return wanted_fail_at(s->line, err);
	}
	for (size_t i = 0; i < w->source_count; i++)
		if (w->sources[i].has_section)
			names[n++] = w->sources[i].name;
	near = nearest_name(s->name, names);
	(void)fail(err, ERR_CONFIG, "there is no [source %s]%s%s%s: a source is given whole, with its url", s->name,
		   near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	return wanted_fail_at(s->line, err);
}

static int finish(struct wanted *w, struct error *err)
{
	if (w->wire_line && link_finish(&w->wire, err) < 0)
		return wanted_fail_at(w->wire_line, err);
	if (w->air_line && finish_wifi(w, err) < 0)
		return -1;
	if (box_config_finish(&w->conf.config, err) < 0)
		return wanted_fail_at(w->conf.panel_line, err);
	for (size_t i = 0; i < w->source_count; i++)
		if (finish_source(w, &w->sources[i], err) < 0)
			return -1;
	return 0;
}

int wanted_read(const char *bytes, size_t n, struct wanted *ret, struct error *err)
{
	CLEANUP(wanted_done) struct wanted w = {0};
	struct taking t = {.wanted = &w};

	if (look_at_encoding(bytes, n, err) < 0)
		return -1;
	box_config_init(&w.conf.config);
	if (ini_read_text(bytes, repeats, take_key, &t, &t.place, err) < 0) {
		err->kind = ERR_CONFIG;
		return wanted_fail_at(t.place.line, err);
	}
	if (finish(&w, err) < 0)
		return -1;
	*ret = w;
	w = (struct wanted){0};
	return 0;
}

bool wanted_is_empty(const struct wanted *w)
{
	return !w->name && !w->time_zone && !w->mdns_given && !w->encrypt_line && !w->admin.count && !w->history.count &&
	       !w->wire_line && !w->air_line && !w->conf.panel_line && !w->conf.notify_line && !w->source_count;
}

static void ssh_list_done(struct wanted_ssh_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		ssh_key_done(&list->items[i].key);
		free(list->items[i].allowed);
	}
	free(list->items);
}

static void keys_done(struct wanted_keys *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].section);
		free(list->items[i].key);
		free(list->items[i].value);
	}
	free(list->items);
}

static void held_done(struct given *held)
{
	for (size_t i = 0; i < HELDS; i++)
		given_done(&held[i]);
}

static void source_done(struct wanted_source *s)
{
	held_done(s->held);
	keys_done(&s->keys);
	source_config_done(&s->config);
	free(s->name);
}

void wanted_done(struct wanted *w)
{
	CLEANUP(config_done) struct config conf = {.box = w->conf.config};

	for (size_t i = 0; i < w->source_count; i++)
		source_done(&w->sources[i]);
	free(w->sources);
	ssh_list_done(&w->admin);
	ssh_list_done(&w->history);
	keys_done(&w->conf.keys);
	held_done(w->conf.held);
	link_done(&w->wire);
	link_done(&w->air);
	given_done(&w->wifi_password);
	free(w->name);
	free(w->time_zone);
	free(w->ssid);
	free(w->country);
	*w = (struct wanted){0};
}
