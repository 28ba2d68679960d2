#include "provision/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "model/url.h"
#include "port/ini.h"

#define LONGEST_PASSWORD 1000
#define LONGEST_FILE_NAME 100

struct taking {
	struct wanted *wanted;
	struct ini_place place;
};

static void secret_done(struct secret *s)
{
	if (s->value)
		explicit_bzero(s->value, strlen(s->value));
	free(s->value);
	*s = (struct secret){0};
}

/* ---- one value each */

static bool in_set(const char *value, const char *set)
{
	return strspn(value, set) == strlen(value);
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static int take_name(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	size_t n = strlen(value);

	if (n < 1 || n > 63 || !in_set(value, LETTERS DIGITS "-") || value[0] == '-' || value[n - 1] == '-' ||
	    in_set(value, DIGITS)) {
		autofree char *shown = printable(value, false);

		return fail(err, ERR_CONFIG, "name = '%.100s' cannot be a host's name: 1 to 63 of A-Z a-z 0-9 and -, not only digits, "
			    "with no - at its ends", shown);
	}
	set_text(&w->name, value);
	return 0;
}

/* Whether there is such a zone is for the box to say; that the name leads nowhere else is said here. */
static int take_time_zone(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	if (!*value || strlen(value) > 100 || !in_set(value, LETTERS DIGITS "_+-/") || value[0] == '/' || strstr(value, "//") ||
	    ends_with(value, "/") || same(value, "localtime") /* which leads back to what is set here */) {
		autofree char *shown = printable(value, false);

		return fail(err, ERR_CONFIG, "time-zone = '%.100s' is not the name of a time zone, as in Europe/Berlin", shown);
	}
	set_text(&w->time_zone, value);
	return 0;
}

static int take_mdns(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	if (!same(value, "yes") && !same(value, "no"))
		return fail(err, ERR_CONFIG, "mdns is yes or no");
	w->mdns_given = true;
	w->mdns = same(value, "yes");
	return 0;
}

static int take_encrypt(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	if (!same(value, "yes") && !same(value, "no"))
		return fail(err, ERR_CONFIG, "encrypt is yes or no; the passphrase never stands here: 'drillbox unlock' asks for it");
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

static int take_admin(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
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

static int take_history(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
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
		return fail(err, ERR_CONFIG, "behind allow stands what this key may do beyond reading: drill, fetch or both, then the key");
	return add_ssh(&w->history, drill && fetch ? "allow drill fetch" : drill ? "allow drill" : "allow fetch", value, err);
}

static int take_wire_address(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	return link_set_address(&w->wire, value, err);
}

static int take_wire_gateway(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	return link_set_gateway(&w->wire, value, err);
}

static int take_wire_dns(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	return link_set_dns(&w->wire, value, err);
}

static int take_air_address(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	return link_set_address(&w->air, value, err);
}

static int take_air_gateway(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	return link_set_gateway(&w->air, value, err);
}

static int take_air_dns(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	return link_set_dns(&w->air, value, err);
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static int take_ssid(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
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

static int take_wifi_password(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	size_t n = strlen(value);
	bool is_key = n == 64 && in_set(value, DIGITS "abcdefABCDEF*"); /* with stars: one that was being removed */

	/* stars of any length: what they stand for was looked at when it was given */
	if (has_control(value) || (!all_stars(value) && !is_key && (n < 8 || n > 63)))
		return fail(err, ERR_CONFIG, "password is the Wi-Fi's: 8 to 63 bytes, or its key as 64 hexadecimal digits");
	set_text(&w->wifi_password.value, value);
	return 0;
}

static int take_country(struct wanted *w, struct wanted_source *source UNUSED, const char *value, struct error *err)
{
	if (strlen(value) != 2 || !in_set(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return fail(err, ERR_CONFIG, "country is two capital letters, as in DE: they settle which channels are lawful");
	set_text(&w->country, value);
	return 0;
}

static int take_password(struct wanted *w UNUSED, struct wanted_source *source, const char *value, struct error *err)
{
	if (!*value || strlen(value) > LONGEST_PASSWORD || has_control(value))
		return fail(err, ERR_CONFIG, "password is 1 to %d bytes of text; leave the line out where the source wants none",
			    LONGEST_PASSWORD);
	set_text(&source->password.value, value);
	return 0;
}

static int refuse_password_file(struct wanted *w UNUSED, struct wanted_source *source UNUSED, const char *value UNUSED,
				struct error *err)
{
	return fail(err, ERR_CONFIG, "here the password itself is given, as password = ...: the box puts it into a file of its own");
}

static int take_file(struct wanted_file *file, const char *key, const char *value, struct error *err)
{
	if (!*value || strlen(value) > LONGEST_FILE_NAME || value[0] == '.' ||
	    !in_set(value, LETTERS DIGITS "._- +@()") || same(value, PROVISION_FILE)) {
		autofree char *shown = printable(value, false);

		return fail(err, ERR_CONFIG, "%s = '%.100s' is not the name of a file beside " PROVISION_FILE ": lay it there and "
			    "write its name alone, in plain letters and without a folder", key, shown);
	}
	set_text(&file->name, value);
	return 0;
}

static int take_ca(struct wanted *w UNUSED, struct wanted_source *source, const char *value, struct error *err)
{
	return take_file(&source->files[PART_CA], part_key(PART_CA), value, err);
}

static int take_client_cert(struct wanted *w UNUSED, struct wanted_source *source, const char *value, struct error *err)
{
	return take_file(&source->files[PART_CLIENT_CERT], part_key(PART_CLIENT_CERT), value, err);
}

static int take_client_key(struct wanted *w UNUSED, struct wanted_source *source, const char *value, struct error *err)
{
	return take_file(&source->files[PART_CLIENT_KEY], part_key(PART_CLIENT_KEY), value, err);
}

#define OF_SOURCE "source NAME"

static const struct provision_key keys[] = {
	{"box", "name", "what the box is called on the net and in its reports", false, take_name},
	{"box", "time-zone", "the time zone of the schedules, as in Europe/Berlin; UTC unless given", false, take_time_zone},
	{"box", "mdns", "yes or no: whether the box is found as NAME.local; yes unless given", false, take_mdns},
	{"box", "encrypt", "yes: the data disk is encrypted, and opened after each start by 'drillbox unlock'; no unless given", false,
	 take_encrypt},
	{"ssh", "admin", "the line of a .pub file: who may administer the box; once for each key", true, take_admin},
	{"ssh", "history", "the same for who may read; with 'allow drill', 'allow fetch' or 'allow drill fetch' before the key also more",
	 true, take_history},
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
	{OF_SOURCE, "password", "of its role; removed from the card once it was applied", false, take_password},
	{OF_SOURCE, "password-file", NULL, false, refuse_password_file},
	{OF_SOURCE, "ca", "the name of a file beside drillbox.txt with the certificates to trust; the system's unless given", false,
	 take_ca},
	{OF_SOURCE, "client-cert", "the name of a file beside drillbox.txt with the client's certificate", false, take_client_cert},
	{OF_SOURCE, "client-key", "the same with its key; removed from the card once it was applied", false, take_client_key},
	{0},
};

/* What else may stand in [source NAME], as in a source's own file. */
static const char *const source_words[] = {"type", "url", "address"};

const struct provision_key *wanted_keys(void)
{
	return keys;
}

static const struct {
	const char *key, *suffix;
} parts[PARTS] = {
	[PART_CA] = {"ca", "-ca.pem"},
	[PART_CLIENT_CERT] = {"client-cert", "-cert.pem"},
	[PART_CLIENT_KEY] = {"client-key", "-key.pem"},
};

const char *part_key(enum part part)
{
	return parts[part].key;
}

const char *part_suffix(enum part part)
{
	return parts[part].suffix;
}

/* ---- sections and keys */

static const char *const plain_sections[] = {"box", "ssh", "network", "wifi", "panel"};
static const char *const source_sections[] = {"source", "pull", "drill", "keep"};

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same(words[i], word))
			return true;
	return false;
}

static int unknown_section(const char *section, const char *word, struct error *err)
{
	autofree char *shown = printable(section, false);
	const char *names[COUNT(plain_sections) + COUNT(source_sections) + 1] = {0};
	const char *near;
	size_t n = 0;

	if (!*section)
		return fail(err, ERR_CONFIG, "a key stands before the first [section]");
	if (is_one_of(word, source_sections, COUNT(source_sections)))
		return fail(err, ERR_CONFIG, "section [%s] needs the source's name behind one space: write [%s shop], its name in 1 to 42 "
			    "of A-Z a-z 0-9 _ -", shown, word);
	for (size_t i = 0; i < COUNT(plain_sections); i++)
		names[n++] = plain_sections[i];
	for (size_t i = 0; i < COUNT(source_sections); i++)
		names[n++] = source_sections[i];
	near = nearest_name(word, names);
	if (!near)
		return fail(err, ERR_CONFIG, "unknown section [%s]: there are [box], [ssh], [network], [wifi], [panel], and for each "
			    "source [source NAME], [pull NAME], [drill NAME], [keep NAME]", shown);
	return fail(err, ERR_CONFIG, "unknown section [%s]: did you mean [%s%s]?", shown, near,
		    is_one_of(near, source_sections, COUNT(source_sections)) ? " NAME" : "");
}

/* 'section' is as in the table, 'shown' as in the file. */
static int unknown_key(const char *section, const char *shown, const char *key, struct error *err)
{
	autofree const char **names = xcalloc(COUNT(keys) + COUNT(source_words) + 1, sizeof(*names));
	autofree char *shown_key = printable(key, false);
	const char *near;
	size_t n = 0;

	for (const struct provision_key *k = keys; k->section; k++)
		if (same(k->section, section) && k->meaning)
			names[n++] = k->key;
	for (size_t i = 0; same(section, OF_SOURCE) && i < COUNT(source_words); i++)
		names[n++] = source_words[i];
	near = nearest_name(key, names);
	if (near)
		return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: did you mean '%s'?", shown_key, shown, near);
	for (const struct provision_key *k = keys; k->section; k++)
		if (same(k->key, key) && k->meaning)
			return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: it belongs in [%s]", shown_key, shown, k->section);
	return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: 'drillbox provision --keys' lists what there is", shown_key, shown);
}

static const struct provision_key *find_key(const char *section, const char *key)
{
	for (const struct provision_key *k = keys; k->section; k++)
		if (same(k->section, section) && same(k->key, key))
			return k;
	return NULL;
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

/* Both a password and the name of a file go into the source's file as the path that the box puts it at, relative to that file. */
static int set_path(struct wanted_source *s, const char *key, const char *suffix, struct error *err)
{
	autofree char *path = format("secrets/%s%s", s->name, suffix);

	add_key(&s->keys, "source", key, path);
	return source_config_set(&s->config, "/", "source", key, path, err);
}

/* What a URL is refused for is cured otherwise than in a source's own file, where a password has a file of its own. */
static int advise_password(const char *section, struct error *err)
{
	static const char *const refused[] = {"password", "passfile"};

	for (size_t i = 0; i < COUNT(refused); i++) {
		const char *advice = url_refused(refused[i]), *at = strstr(err->text, advice);
		autofree char *before = at ? xstrndup(err->text, (size_t)(at - err->text)) : NULL;
		autofree char *behind = at ? xstrdup(at + strlen(advice)) : NULL;

		if (at)
			return fail(err, ERR_CONFIG, "%stake it out, and write the password as password = ... in [%s]%s", before,
				    section, behind);
	}
	return -1;
}

static int take_source_key(struct wanted *w, const char *word, const char *section, const char *key, const char *value,
			   const struct ini_place *place, struct error *err)
{
	struct wanted_source *s = source_of(w, section + strlen(word) + 1, place->section_line);
	bool is_source = same(word, "source");
	const struct provision_key *own = is_source ? find_key(OF_SOURCE, key) : NULL;

	s->has_section = s->has_section || is_source;
	if (own && own->set(w, s, value, err) < 0)
		return -1;
	if (own && same(key, "password")) {
		return set_path(s, "password-file", "", err);
	} else if (own) {
		for (enum part part = 0; part < PARTS; part++)
			if (same(key, part_key(part))) {
				s->files[part].line = place->line;
				return set_path(s, key, part_suffix(part), err);
			}
	}
	if (is_source && !is_one_of(key, source_words, COUNT(source_words)))
		return unknown_key(OF_SOURCE, section, key, err);
	if (source_config_set(&s->config, "/etc/drillbox", word, key, value, err) < 0)
		return advise_password(section, err);
	add_key(&s->keys, word, key, value);
	return 0;
}

static int take_panel_key(struct wanted *w, const char *key, const char *value, struct error *err)
{
	if (same(key, "backend") && same(value, "terminal"))
		return fail(err, ERR_CONFIG, "backend = terminal is for a person who starts the daemon in one: on the box it is auto, gpio "
			    "or none");
	if (box_config_set(&w->panel, "/etc/drillbox", "panel", key, value, err) < 0)
		return -1;
	add_key(&w->panel_keys, "panel", key, value);
	return 0;
}

static void note_line(struct wanted *w, const char *section, const char *key, const struct ini_place *place)
{
	const struct {
		const char *section;
		int *line;
	} lines[] = {{"network", &w->wire_line}, {"wifi", &w->air_line}, {"panel", &w->panel_line}};

	for (size_t i = 0; i < COUNT(lines); i++)
		if (same(lines[i].section, section) && *lines[i].line == 0)
			*lines[i].line = place->section_line;
	if (same(key, "time-zone"))
		w->time_zone_line = place->line;
	if (same(section, "box") && same(key, "encrypt"))
		w->encrypt_line = place->line;
}

static int take_by_section(struct wanted *w, const char *section, const char *key, const char *value, struct ini_place *place,
			   struct error *err)
{
	autofree char *word = xstrndup(section, strcspn(section, " "));
	const struct provision_key *k;

	if (section[strlen(word)] && is_one_of(word, source_sections, COUNT(source_sections)) &&
	    source_name_valid(section + strlen(word) + 1))
		return take_source_key(w, word, section, key, value, place, err);
	if (!is_one_of(section, plain_sections, COUNT(plain_sections))) {
		place->line = place->section_line ? place->section_line : place->line;
		return unknown_section(section, word, err);
	}
	note_line(w, section, key, place);
	if (same(section, "panel"))
		return take_panel_key(w, key, value, err);
	k = find_key(section, key);
	return k ? k->set(w, NULL, value, err) : unknown_key(section, section, key, err);
}

/* Where the secrets stand, for them to be taken out. */
static void place_secret(struct secret *s, const struct ini_place *place)
{
	if (!s || !s->value || s->line)
		return;
	s->line = place->line;
	s->at = place->value_at;
	s->length = place->value_length;
	s->masked = all_stars(s->value);
}

static int take_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	struct taking *t = context;

	if (!is_utf8(value))
		return fail(err, ERR_CONFIG, "the value is not UTF-8: save the file as UTF-8");
	if (take_by_section(t->wanted, section, key, value, &t->place, err) < 0)
		return -1;
	for (size_t i = 0; same(key, "password") && wanted_secret(t->wanted, i); i++)
		place_secret(wanted_secret(t->wanted, i), &t->place);
	return 0;
}

struct secret *wanted_secret(struct wanted *w, size_t i)
{
	if (i == 0)
		return &w->wifi_password;
	return i <= w->source_count ? &w->sources[i - 1].password : NULL;
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
		return fail(err, ERR_CONFIG, "the lines of " PROVISION_FILE " end as on a very old Mac: save it with Unix or Windows line "
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
	const char *near;
	size_t n = 0;

	if (s->has_section)
		return source_config_finish(&s->config, err) < 0 ? wanted_fail_at(s->line, err) : 0;
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
	if (w->panel_line && box_config_finish(&w->panel, err) < 0)
		return wanted_fail_at(w->panel_line, err);
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
	box_config_init(&w.panel);
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
	return !w->name && !w->time_zone && !w->mdns_given && !w->encrypt_line && !w->admin.count && !w->history.count && !w->wire_line &&
	       !w->air_line && !w->panel_line && !w->source_count;
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

static void source_done(struct wanted_source *s)
{
	for (enum part part = 0; part < PARTS; part++)
		free(s->files[part].name);
	secret_done(&s->password);
	keys_done(&s->keys);
	source_config_done(&s->config);
	free(s->name);
}

void wanted_done(struct wanted *w)
{
	CLEANUP(config_done) struct config panel = {.box = w->panel};

	for (size_t i = 0; i < w->source_count; i++)
		source_done(&w->sources[i]);
	free(w->sources);
	ssh_list_done(&w->admin);
	ssh_list_done(&w->history);
	keys_done(&w->panel_keys);
	link_done(&w->wire);
	link_done(&w->air);
	secret_done(&w->wifi_password);
	free(w->name);
	free(w->time_zone);
	free(w->ssid);
	free(w->country);
	*w = (struct wanted){0};
}
