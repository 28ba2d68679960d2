#include "provision/installation.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "port/digest.h"
#include "port/ini.h"
#include "provision/vault.h"

#define DAEMON_USER "drillbox"
#define CONFIG_DIR "etc/drillbox"
#define ZONES "usr/share/zoneinfo"
#define NETWORK_DIR "state/network"
#define PANEL "state/panel.conf"
#define SECRET_CAP 4096
#define ZONE_CAP ((size_t)64 << 10)

struct making {
	const struct wanted *wanted;
	const struct place *place;
	bool interrupted, has_data;
	struct installation files;
};

static char *at(const struct making *m, const char *path)
{
	return path_join(m->place->root, path);
}

static struct installed *add(struct making *m, const char *path, const char *bytes, mode_t mode)
{
	struct installation *files = &m->files;

	files->items = grow(files->items, files->count, sizeof(*files->items));
	files->items[files->count] = (struct installed){.path = at(m, path),
							.bytes = xstrdup(bytes),
							.n = strlen(bytes),
							.mode = mode,
							.of_data = starts_with(path, CONFIG_DIR "/")};
	return &files->items[files->count++];
}

/* ---- the name, the time zone, mDNS */

static int plan_name(struct making *m, struct error *err UNUSED)
{
	autofree char *line = m->wanted->name ? format("%s\n", m->wanted->name) : NULL;

	if (line)
		add(m, "state/hostname", line, 0644);
	return 0;
}

static int refuse_zone(const struct making *m, const char *zone, struct error *err)
{
	autofree char *folder = path_dir(zone), *whole = format("%s/" ZONES "/%s", m->place->root, folder);
	CLEANUP(strings_done) struct strings names = {0};
	autoclosedir DIR *dir = opendir(whole);
	const struct dirent *e;
	const char *near;

	while (dir && (e = readdir(dir)))
		strings_add(&names, e->d_name);
	strings_sort(&names);
	strings_add_owned(&names, NULL);
	near = nearest_name(path_base(zone), (const char *const *)names.items);
	if (near && same(folder, "."))
		(void)fail(err, ERR_CONFIG, "there is no time zone '%s': did you mean %s?", zone, near);
	else if (near)
		(void)fail(err, ERR_CONFIG, "there is no time zone '%s': did you mean %s/%s?", zone, folder, near);
	else
		(void)fail(err, ERR_CONFIG, "there is no time zone '%s': write one as in Europe/Berlin", zone);
	return wanted_fail_at(m->wanted->time_zone_line, err);
}

static int plan_time_zone(struct making *m, struct error *err)
{
	const char *zone = m->wanted->time_zone;
	autofree char *path = NULL, *bytes = NULL, *target = NULL;
	struct error ignored;
	size_t n;

	if (!zone)
		return 0;
	path = format("%s/" ZONES "/%s", m->place->root, zone);
	if (read_small_bytes(path, ZONE_CAP, &bytes, &n, &ignored) < 0 || n < 4 || memcmp(bytes, "TZif", 4) != 0)
		return refuse_zone(m, zone, err);
	target = format("/" ZONES "/%s", zone);
	add(m, "state/localtime", target, 0);
	return 0;
}

/* One word for each link's own file, which all say yes. */
static int plan_mdns(struct making *m, struct error *err UNUSED)
{
	static const char *const links[] = {"80-wired", "80-wireless", "50-drillbox", "51-drillbox-wifi"};

	for (size_t i = 0; m->wanted->mdns_given && i < COUNT(links); i++) {
		autofree char *path = format(NETWORK_DIR "/%s.network.d/mdns.conf", links[i]);

		add(m, path, m->wanted->mdns ? "[Network]\nMulticastDNS=yes\n" : "[Network]\nMulticastDNS=no\n", 0644);
	}
	return 0;
}

/* ---- encryption */

/* The box notes that it is wanted; the passphrase, and with it the doing, comes from `drillbox unlock`. */
static int plan_encryption(struct making *m, struct error *err)
{
	const struct vault_note note = vault_note_read(m->place->root);
	enum vault vault = vault_look(m->place->root);

	if (m->wanted->encrypt && note.stage == STAGE_NONE)
		add(m, VAULT_NOTE, "wanted\n", 0644);
	if (!m->wanted->encrypt_line || m->wanted->encrypt)
		return 0;
	if (vault == VAULT_OPEN || vault == VAULT_SHUT || note.stage == STAGE_BEGUN || note.stage == STAGE_DONE) {
		(void)fail(err, ERR_CONFIG, "the data disk is encrypted, and stays so: for one that is not, set up a new card");
		return wanted_fail_at(m->wanted->encrypt_line, err);
	}
	if (note.stage == STAGE_WANTED)
		add(m, VAULT_NOTE, "no\n", 0644);
	return 0;
}

/* ---- SSH */

static void add_keys_file(struct making *m, const char *path, const struct wanted_ssh_list *list, bool restricted)
{
	CLEANUP(text_done) struct text t = {0};

	for (size_t i = 0; i < list->count; i++) {
		const struct ssh_key *key = &list->items[i].key;

		if (restricted)
			text_add(&t, "restrict");
		if (list->items[i].allowed)
			text_addf(&t, ",command=\"%s\"", list->items[i].allowed);
		text_addf(&t, "%s%s %s%s%s\n", restricted ? " " : "", key->type, key->blob, *key->comment ? " " : "", key->comment);
	}
	add(m, path, t.data ? t.data : "", 0644);
}

static int plan_ssh(struct making *m, struct error *err)
{
	static const char admin[] = "state/ssh/authorized_keys/admin";
	autofree char *path = at(m, admin);
	struct stat st;

	if (m->wanted->admin.count)
		add_keys_file(m, admin, &m->wanted->admin, false);
	else if (stat(path, &st) < 0 || st.st_size == 0)
		return fail(err, ERR_CONFIG,
			    PROVISION_FILE " gives no admin key, and the box has none: nobody could come in. Put the line "
					   "of your .pub file behind 'admin =' in [ssh]");
	/* who gives the admins gives all who may come in: a line that was taken out is a key that is revoked */
	if (m->wanted->admin.count || m->wanted->history.count)
		add_keys_file(m, "state/ssh/authorized_keys/history", &m->wanted->history, true);
	return 0;
}

/* ---- the network */

/* What stands for a value on the card once it was applied, or is what a power cut left of it. */
static bool is_held(const struct making *m, const struct given *s)
{
	return s->masked || (m->interrupted && strchr(s->value, '*'));
}

static int refuse_stars(const struct given *s, const char *what, const char *whose, struct error *err)
{
	(void)fail(err, ERR_CONFIG,
		   "the stars stand for the %s that was given before, but the box holds none for %s: write it again", what, whose);
	return wanted_fail_at(s->line, err);
}

/* The key of the Wi-Fi: derived, given as it is, or held already under the same name. */
static int wifi_key(const struct making *m, const char *path, char **ret, struct error *err)
{
	const struct given *password = &m->wanted->wifi_password;
	autofree char *whole = at(m, path), *before = NULL;
	char key[SHA256_HEX];
	struct error ignored;

	if (is_held(m, password)) {
		*ret = read_small_file(whole, SECRET_CAP, &before, &ignored) == 0 ? wifi_held_key(before, m->wanted->ssid) : NULL;
		return *ret ? 0 : refuse_stars(password, "password", "a Wi-Fi of this name", err);
	}
	if (strlen(password->value) == 64 && strchr(password->value, '*'))
		return refuse_stars(password, "password", "a Wi-Fi of this name", err);
	if (strlen(password->value) == 64) {
		*ret = xstrdup(password->value);
		for (char *c = *ret; *c; c++)
			*c = (char)(*c >= 'A' && *c <= 'F' ? *c - 'A' + 'a' : *c);
		return 0;
	}
	if (digest_wifi_key(password->value, m->wanted->ssid, key, err) < 0)
		return -1;
	*ret = xstrdup(key);
	explicit_bzero(key, sizeof(key));
	return 0;
}

static int plan_network(struct making *m, struct error *err)
{
	static const char supplicant[] = "state/wifi/wpa_supplicant.conf";
	const struct wanted *w = m->wanted;
	autofree char *wire = NULL, *air = NULL, *key = NULL, *conf = NULL;

	if (w->wire_line) {
		wire = link_networkd(&w->wire, false);
		add(m, NETWORK_DIR "/50-drillbox.network", wire, 0644);
	}
	if (!w->air_line)
		return 0;
	if (wifi_key(m, supplicant, &key, err) < 0)
		return -1;
	air = link_networkd(&w->air, true);
	add(m, NETWORK_DIR "/51-drillbox-wifi.network", air, 0644);
	conf = wifi_supplicant(w->ssid, key, w->country);
	add(m, supplicant, conf, 0600);
	explicit_bzero(key, strlen(key));
	explicit_bzero(conf, strlen(conf));
	return 0;
}

/* ---- what is held in files of its own */

static char *whole_path(enum held held, const char *source)
{
	autofree char *path = held_path(held, source);

	return path_join(CONFIG_DIR, path);
}

/* On the data disk; while that is away it is taken at its word, for nothing is done about it yet. */
static bool holds_something(const struct making *m, const char *path)
{
	autofree char *whole = at(m, path);
	struct stat st;

	return !m->has_data || (stat(whole, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0);
}

static void add_held(struct making *m, const char *path, const char *bytes)
{
	add(m, path, bytes, 0600)->of_daemon = true;
}

static int plan_secret(struct making *m, const char *source, enum held held, const struct given *given, struct error *err)
{
	const struct held_kind *kind = held_kind(held);
	autofree char *path = whole_path(held, source), *line = NULL;
	const char *why;

	if (is_held(m, given))
		return holds_something(m, path) ? 0 : refuse_stars(given, kind->key, source ? "this source" : "[notify]", err);
	why = kind->quarrel(given->value, strlen(given->value));
	if (why) {
		(void)fail(err, ERR_CONFIG, "%s %s", kind->key, why);
		return wanted_fail_at(given->line, err);
	}
	line = format("%s\n", given->value);
	add_held(m, path, line);
	explicit_bzero(line, strlen(line));
	return 0;
}

static int refuse_file(const struct given *file, const char *why, struct error *err)
{
	(void)fail(err, ERR_CONFIG, "'%s' %s", file->value, why);
	return wanted_fail_at(file->line, err);
}

/* A file beside drillbox.txt. *ret is NULL when it is gone because the box has it already. */
static int read_file(const struct making *m, const char *source, enum held held, const struct given *file, char **ret,
		     size_t *ret_n, struct error *err)
{
	autofree char *path = path_join(m->place->boot, file->value), *target = whole_path(held, source), *bytes = NULL;
	bool has_it = held_kind(held)->leaves && holds_something(m, target);
	const char *why;
	struct stat st;

	*ret = NULL;
	if (lstat(path, &st) < 0 && errno == ENOENT)
		return has_it ? 0 : refuse_file(file, "is not beside " PROVISION_FILE " on this card: lay it there", err);
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)HELD_FILE_CAP)
		return refuse_file(file, "is not a file of at most 64 KiB", err);
	if (read_small_bytes(path, HELD_FILE_CAP, &bytes, ret_n, err) < 0)
		return -1;
	if (has_it && m->interrupted && memchr(bytes, '\0', *ret_n))
		return 0;
	why = held_kind(held)->quarrel(bytes, *ret_n);
	if (why)
		return refuse_file(file, why, err);
	*ret = take(bytes);
	return 0;
}

static int plan_file(struct making *m, const char *source, enum held held, const struct given *file, struct error *err)
{
	autofree char *bytes = NULL, *path = whole_path(held, source);
	size_t n;

	if (read_file(m, source, held, file, &bytes, &n, err) < 0)
		return -1;
	if (bytes)
		add_held(m, path, bytes);
	if (held_kind(held)->leaves && !strings_have(&m->files.removals, file->value))
		strings_add(&m->files.removals, file->value);
	if (bytes)
		explicit_bzero(bytes, n);
	return 0;
}

/* Of a source, or for NULL of the box itself. */
static int plan_held(struct making *m, const char *source, const struct given *given, struct error *err)
{
	for (enum held held = 0; held < HELDS; held++) {
		int (*const plan)(struct making *, const char *, enum held, const struct given *, struct error *) =
			held_is_file(held) ? plan_file : plan_secret;

		if (given[held].value && plan(m, source, held, &given[held], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- drillbox.conf */

/* The bytes of the line at 'line', its end included. */
static size_t line_length(const char *line)
{
	size_t n = strcspn(line, "\n");

	return n + (line[n] == '\n');
}

/* As port/ini reads it: the name of the section that a line opens, or NULL. Owned by the caller. */
static char *section_of(const char *line, size_t n)
{
	autofree char *copy = xstrndup(line, n);
	char *text = trim(copy);
	size_t length = strlen(text);

	return length > 2 && text[0] == '[' && text[length - 1] == ']' ? xstrndup(text + 1, length - 2) : NULL;
}

/* Whether a line gives a key: that one, or any for NULL. */
static bool gives_key(const char *line, size_t n, const char *key)
{
	autofree char *copy = xstrndup(line, n);
	char *text = trim(copy);
	size_t length = strcspn(text, "=:");

	if (!*text || strchr("#;[", *text) || !text[length])
		return false;
	text[length] = '\0';
	return !key || same(trim(text), key);
}

static void add_lines(struct text *t, const char *section, const struct wanted_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		if (same(keys->items[i].section, section))
			text_addf(t, "%s = %s\n", keys->items[i].key, keys->items[i].value);
}

char *conf_with(const char *conf, const char *section, const char *only, const struct wanted_keys *keys)
{
	struct text t = {0};
	bool inside = false, done = false;

	for (size_t n; *conf; conf += n) {
		autofree char *opened = NULL;

		n = line_length(conf);
		opened = section_of(conf, n);
		if (opened)
			inside = same(opened, section);
		if (inside && !opened && gives_key(conf, n, only))
			continue;
		text_add_bytes(&t, conf, n);
		if (conf[n - 1] != '\n')
			text_add(&t, "\n");
		if (inside && opened && !done) {
			add_lines(&t, section, keys);
			done = true;
		}
	}
	if (!done) {
		text_addf(&t, "%s[%s]\n", t.length ? "\n" : "", section);
		add_lines(&t, section, keys);
	}
	return text_take(&t);
}

static int take_box_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	return box_config_set(context, "/etc/drillbox", section, key, value, err);
}

/* Whether the daemon would take it, and could light the panel. */
static int check_conf(const struct making *m, const char *conf, struct error *err)
{
	CLEANUP(config_done) struct config config = {0};
	struct ini_place place;

	box_config_init(&config.box);
	if (ini_read_text(conf, NULL, take_box_key, &config.box, &place, err) < 0) {
		err->kind = ERR_CONFIG;
		return fail_within(err, "the box's own drillbox.conf would not be understood, line %d", place.line);
	}
	if (box_config_finish(&config.box, err) < 0)
		return fail_within(err, "the box's own drillbox.conf would not be right");
	if (m->wanted->conf.panel_line && m->place->panel_fits && m->place->panel_fits(&config.box, err) < 0)
		return wanted_fail_at(m->wanted->conf.panel_line, err);
	return 0;
}

/* For as long as the data disk is locked or away: what is wired otherwise than the board expects is not to be driven. */
static void add_panel(struct making *m)
{
	CLEANUP(text_done) struct text t = {0};

	text_add(&t, "# Made from drillbox.txt.\n[panel]\n");
	add_lines(&t, "panel", &m->wanted->conf.keys);
	add(m, PANEL, t.data, 0644);
}

/* Before drillbox.conf, which names them; and also where that stays as it is. */
static int plan_notify(struct making *m, struct error *err)
{
	return plan_held(m, NULL, m->wanted->conf.held, err);
}

static int plan_conf(struct making *m, struct error *err)
{
	static const char file[] = CONFIG_DIR "/drillbox.conf";
	struct wanted_key name = {.section = "box", .key = "name", .value = m->wanted->name};
	const struct wanted_conf *wanted = &m->wanted->conf;
	autofree char *path = at(m, file), *conf = NULL, *named = NULL, *wired = NULL, *whole = NULL;
	bool is_new = !path_exists(path);

	if (is_new)
		conf = xstrdup("[box]\ndata = /var/lib/drillbox\n");
	else if (read_small_file(path, INI_CAP, &conf, err) < 0)
		return -1;
	named = m->wanted->name ? conf_with(conf, "box", "name", &(struct wanted_keys){&name, 1}) : xstrdup(conf);
	wired = wanted->panel_line ? conf_with(named, "panel", NULL, &wanted->keys) : xstrdup(named);
	whole = wanted->notify_line ? conf_with(wired, "notify", NULL, &wanted->keys) : xstrdup(wired);
	/* one that is broken already and stays as it is does not keep a new key or network off the box */
	if (!is_new && !wanted->panel_line && same(whole, conf))
		return 0;
	if (check_conf(m, whole, err) < 0)
		return -1;
	if (wanted->panel_line)
		add_panel(m);
	if (is_new || !same(whole, conf))
		add(m, file, whole, 0644);
	return 0;
}

static int take_panel_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	struct config *c = context;

	return take_box_key(&c->box, section, key, value, err);
}

int installation_panel(const char *config_dir, struct config *ret, struct error *err)
{
	CLEANUP(config_done) struct config c = {0};
	autofree char *path = path_join(config_dir, "../../" PANEL);

	box_config_init(&c.box);
	if (path_exists(path) && ini_read(path, take_panel_key, &c, err) < 0)
		return -1;
	if (box_config_finish(&c.box, err) < 0)
		return fail_within(err, "%s", path);
	*ret = c;
	c = (struct config){0};
	return 0;
}

/* ---- sources */

static char *source_text(const struct wanted_source *s)
{
	static const char *const sections[] = {"source", "pull", "drill", "keep", "notify"};
	struct text t = {0};

	text_add(&t, "# Made from drillbox.txt.\n");
	for (size_t i = 0; i < COUNT(sections); i++) {
		bool opened = false;

		for (size_t k = 0; k < s->keys.count; k++) {
			const struct wanted_key *key = &s->keys.items[k];

			if (!same(key->section, sections[i]))
				continue;
			text_addf(&t, "%s%s%s%s = %s\n", opened ? "" : "[", opened ? "" : sections[i], opened ? "" : "]\n",
				  key->key, key->value);
			opened = true;
		}
	}
	return text_take(&t);
}

static int take_source_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	return source_config_set(context, "/etc/drillbox", section, key, value, err);
}

/* What was looked at key by key is looked at once more as the daemon will read it. */
static int check_source(const struct wanted_source *s, const char *text, struct error *err)
{
	CLEANUP(source_config_done) struct source_config config = {0};
	struct ini_place place;

	source_config_init(&config, s->name);
	if (ini_read_text(text, NULL, take_source_key, &config, &place, err) < 0 || source_config_finish(&config, err) < 0) {
		err->kind = ERR_CONFIG;
		return wanted_fail_at(s->line, err);
	}
	return 0;
}

static int plan_source(struct making *m, const struct wanted_source *s, struct error *err)
{
	autofree char *text = source_text(s), *path = format(CONFIG_DIR "/sources.d/%s.conf", s->name);

	if (check_source(s, text, err) < 0 || plan_held(m, s->name, s->held, err) < 0)
		return -1;
	add(m, path, text, 0644); /* behind its secrets: no round may begin without them */
	return 0;
}

static int plan_sources(struct making *m, struct error *err)
{
	for (size_t i = 0; i < m->wanted->source_count; i++)
		if (plan_source(m, &m->wanted->sources[i], err) < 0)
			return -1;
	return 0;
}

int installation_make(const struct wanted *w, const struct place *place, bool interrupted, bool has_data,
		      struct installation *ret, struct error *err)
{
	static int (*const steps[])(struct making *, struct error *) = {
		plan_encryption, plan_time_zone, plan_ssh, plan_network, plan_mdns, plan_sources, plan_notify,
		plan_conf, plan_name,
	};
	struct making m = {.wanted = w, .place = place, .interrupted = interrupted, .has_data = has_data};

	for (size_t i = 0; i < COUNT(steps); i++)
		if (steps[i](&m, err) < 0) {
			installation_done(&m.files);
			return -1;
		}
	*ret = m.files;
	return 0;
}

void installation_done(struct installation *files)
{
	for (size_t i = 0; i < files->count; i++) {
		explicit_bzero(files->items[i].bytes, files->items[i].n);
		free(files->items[i].bytes);
		free(files->items[i].path);
	}
	free(files->items);
	strings_done(&files->removals);
	*files = (struct installation){0};
}

/* ---- on the disk */

/* Only root can give a file away: OWNER_NONE for all others. */
static int find_owner(struct owner *ret, struct error *err)
{
	const struct passwd *user;

	*ret = OWNER_NONE;
	if (geteuid() != 0)
		return 0;
	user = getpwnam(DAEMON_USER);
	if (!user)
		return fail(err, ERR_LACKING,
			    "there is no user '" DAEMON_USER "' to give the secrets to: make it with systemd-sysusers");
	*ret = (struct owner){user->pw_uid, user->pw_gid};
	return 0;
}

static bool is_of(const struct stat *st, const struct owner *owner)
{
	return owner->uid == OWNER_NONE.uid || (st->st_uid == owner->uid && st->st_gid == owner->gid);
}

static bool is_there(const struct installed *item, const struct owner *owner)
{
	autofree char *bytes = NULL;
	struct error ignored;
	bool equal;
	struct stat st;
	size_t n;

	if (lstat(item->path, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 07777) != item->mode ||
	    (item->of_daemon && !is_of(&st, owner)) ||
	    read_small_bytes(item->path, INI_CAP, &bytes, &n, &ignored) < 0)
		return false;
	equal = n == item->n && memcmp(bytes, item->bytes, n) == 0;
	explicit_bzero(bytes, n);
	return equal;
}

static int write_link(const struct installed *item, struct error *err)
{
	autofree char *part = format("%s.part", item->path), *folder = path_dir(item->path);
	char now[1024] = "";

	if (readlink(item->path, now, sizeof(now) - 1) > 0 && same(now, item->bytes))
		return 0;
	(void)unlink(part);
	if (symlink(item->bytes, part) < 0 || rename(part, item->path) < 0)
		return fail(err, ERR_IO, "make the link '%s': %m", item->path);
	return sync_path(folder, err);
}

static int make_folder(const struct installed *item, const struct owner *owner, struct error *err)
{
	autofree char *folder = path_dir(item->path), *above = path_dir(folder);
	bool is_private = (item->mode & 077) == 0 && item->mode;

	if (!path_is_dir(folder) && (make_dirs(above, 0755, err) < 0 || make_dirs(folder, is_private ? 0700 : 0755, err) < 0))
		return -1;
	/* also one that is there: the power can go between the two */
	if (item->of_daemon && owner->uid != OWNER_NONE.uid && chown(folder, owner->uid, owner->gid) < 0)
		return fail(err, ERR_IO, "give '%s' to the user '" DAEMON_USER "': %m", folder);
	return 0;
}

static int write_item(const struct installed *item, const struct owner *owner, struct error *err)
{
	if (make_folder(item, owner, err) < 0)
		return -1;
	if (item->mode == 0)
		return write_link(item, err);
	if (is_there(item, owner))
		return 0;
	return write_file_durably_for(item->of_daemon ? *owner : OWNER_NONE, item->path, item->bytes, item->n, item->mode, err);
}

int installation_apply(const struct installation *files, bool of_data, struct error *err)
{
	struct owner owner;

	if (find_owner(&owner, err) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].of_data == of_data && write_item(&files->items[i], &owner, err) < 0)
			return -1;
	return 0;
}
