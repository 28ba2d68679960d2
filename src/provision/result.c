#include "provision/result.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "provision/record.h"
#include "version.h"

#define WIDTH 76
#define RESULT_CAP ((size_t)1 << 20)
#define COLUMN 14 /* where the values stand */

static const char done_headline[] = "DONE";

/* Words up to the width, further lines 'indent' to the right. Ends the line. */
static void add_wrapped(struct text *t, size_t indent, const char *words)
{
	size_t used = indent;
	bool first = true;

	for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");

		if (!first && used + 1 + n > WIDTH) {
			text_addf(t, "\n%*s", (int)indent, "");
			used = indent;
			first = true;
		}
		text_addf(t, "%s%.*s", first ? "" : " ", (int)n, words);
		used += n + !first;
		first = false;
		words += n;
	}
	text_add(t, "\n");
}

static void add_fact(struct text *t, const char *what, const char *value)
{
	text_addf(t, "  %-*s", COLUMN - 2, what);
	add_wrapped(t, COLUMN, value);
}

static void add_step(struct text *t, const char *words)
{
	text_add(t, "  - ");
	add_wrapped(t, 4, words);
}

/* ---- done */

/* What the box is called: as asked for, else as it is. */
static char *name_of_box(const struct wanted *w, const char *root)
{
	return w && w->name ? xstrdup(w->name) : record_name(root);
}

static void add_keys(struct text *t, const char *what, const struct wanted_ssh_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct wanted_ssh *s = &list->items[i];
		autofree char *value = format("%s%s%s%s%s%s", s->key.fingerprint, *s->key.comment ? " " : "", s->key.comment,
					      s->allowed ? " (may also " : "", s->allowed ? s->allowed + strlen("allow ") : "",
					      s->allowed ? ")" : "");

		add_fact(t, what, value);
	}
}

static char *link_words(const struct link *link)
{
	bool fixed = link->address && !same(link->address, "dhcp");

	if (fixed)
		return format("%s, %s%s, %s%s", link->address,
			      link->gateway ? "gateway " : "no gateway: nothing beyond this net is reached",
			      link->gateway ? link->gateway : "", link->dns ? "name servers " : "no name servers: no name is found",
			      link->dns ? link->dns : "");
	return format("address by DHCP%s%s", link->dns ? ", name servers " : "", link->dns ? link->dns : "");
}

/* Of what the box holds the word alone. */
static void list_held(const struct given *given, struct text *value)
{
	for (enum held held = 0; held < HELDS; held++) {
		const char *between = value->length ? ", " : "", *key = held_kind(held)->key;

		if (!given[held].value)
			continue;
		if (held_is_file(held))
			text_addf(value, "%s%s %s", between, key, given[held].value);
		else
			text_addf(value, "%swith its %s", between, key);
	}
}

static void add_source(struct text *t, const struct wanted_source *s)
{
	CLEANUP(text_done) struct text value = {0};
	int n = (int)strcspn(s->config.url, "?"); /* behind it stand signatures, too */

	text_addf(&value, "%s: %.*s%s", s->name, n, s->config.url, s->config.url[n] ? "?..." : "");
	list_held(s->held, &value);
	add_fact(t, "source", value.data);
}

/* What the box needs to be reached. */
static void add_state_facts(struct text *t, const struct wanted *w)
{
	if (w->name)
		add_fact(t, "name", w->name);
	if (w->time_zone)
		add_fact(t, "time zone", w->time_zone);
	if (w->mdns_given)
		add_fact(t, "mDNS", w->mdns ? "yes" : "no");
	if (w->encrypt_line)
		add_fact(t, "encrypt", w->encrypt ? "yes" : "no");
	add_keys(t, "admin key", &w->admin);
	add_keys(t, "history key", &w->history);
	if (w->admin.count && !w->history.count)
		add_fact(t, "history key", "none");
	if (w->wire_line) {
		autofree char *value = link_words(&w->wire);

		add_fact(t, "network", value);
	}
	if (w->air_line) {
		autofree char *words = link_words(&w->air), *value = format("%s, country %s, %s", w->ssid, w->country, words);

		add_fact(t, "Wi-Fi", value);
	}
}

static void add_conf_keys(struct text *t, const char *section, const struct wanted_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct wanted_key *k = &keys->items[i];
		autofree char *value = format("%s = %s", k->key, k->value);

		if (same(k->section, section) && held_find_in_conf(section, k->key) == HELDS)
			add_fact(t, section, value);
	}
}

static void add_data_facts(struct text *t, const struct wanted *w)
{
	CLEANUP(text_done) struct text held = {0};

	add_conf_keys(t, "panel", &w->conf.keys);
	list_held(w->conf.held, &held);
	if (held.length)
		add_fact(t, "notify", held.data);
	add_conf_keys(t, "notify", &w->conf.keys);
	for (size_t i = 0; i < w->source_count; i++)
		add_source(t, &w->sources[i]);
}

/* "192.168.1.10" of the link that has an address of its own; NULL: none. */
static char *fixed_address(const struct wanted *w)
{
	const char *address = w->wire.address && !same(w->wire.address, "dhcp") ? w->wire.address : w->air.address;

	return address && !same(address, "dhcp") ? xstrndup(address, strcspn(address, "/")) : NULL;
}

static bool says_its_name(const struct wanted *w)
{
	return !w->mdns_given || w->mdns;
}

/* What stands behind the @ for whoever logs in. */
static char *host_of(const struct wanted *w, const char *name)
{
	autofree char *fixed = fixed_address(w);

	return says_its_name(w) ? format("%s.local", name) : xstrdup(fixed ? fixed : name);
}

static void add_login(struct text *t, const struct wanted *w, const char *name)
{
	autofree char *fixed = fixed_address(w), *host = host_of(w, name);
	autofree char *other = says_its_name(w) && fixed ? format(" (or %s in place of %s)", fixed, host) : xstrdup("");
	autofree char *admin = format("ssh admin@%s administers the box%s.", host, other);
	autofree char *history = format("ssh history@%s reads it.", host);

	add_step(t, admin);
	if (w->history.count)
		add_step(t, history);
}

static void add_after_start(struct text *t, const struct wanted *w, const char *name)
{
	autofree char *host = host_of(w, name);
	autofree char *step =
		format("After each start the data disk is locked, red and amber light in turn, and nothing is pulled, until "
		       "ssh -t admin@%s sudo drillbox unlock has the passphrase.",
		       host);

	add_step(t, step);
}

char *result_done(const struct wanted *w, const char *root)
{
	autofree char *name = name_of_box(w, root);
	struct text t = {0};

	text_addf(&t, "%s. drillbox.txt was applied.\n\n", done_headline);
	add_state_facts(&t, w);
	add_data_facts(&t, w);
	text_add(&t, "\n");
	add_wrapped(&t, 0,
		    "No password, token, key or address to call that drillbox.txt gives is left on this card: where one stood "
		    "there are stars now, which mean: as given before. What drillbox.txt does not name stays as it was.");
	text_add(&t, "\nWhat to do next\n");
	add_login(&t, w, name);
	add_step(&t, w->source_count ?
			     "'sudo drillbox doctor' there says what could stop the first pull, with the cure." :
			     "Name what is to be protected in a [source NAME] here, or in /etc/drillbox/sources.d on the box.");
	add_step(&t,
		 "The lights: amber breathes while the box pulls and drills; green with a short blink is all proven and in date; "
		 "two or three short amber flashes want a look ('drillbox status'); red is a dump that failed its drill; all dark "
		 "is a box that asserts nothing.");
	if (vault_look(root) == VAULT_OPEN)
		add_after_start(&t, w, name);
	add_step(&t, "To change something, edit drillbox.txt and start the box with this card again.");
	return text_take(&t);
}

/* ---- what lives on the data disk waits */

static const struct {
	const char *is, *step; /* step NULL: unlock it */
} waits[] = {
	[VAULT_NONE] = {"missing", "Connect the data disk, or look whether this card is whole, and start the box again: "
				   "drillbox.txt is then tried again."},
	[VAULT_WANTED] = {"to be encrypted first", NULL},
	[VAULT_BEGUN] = {"half encrypted: that was cut short, and is done again", NULL},
	[VAULT_SHUT] = {"locked", NULL},
};

static void add_unlock(struct text *t, const struct wanted *w, const char *name, enum vault why)
{
	autofree char *host = host_of(w, name);
	autofree char *step = format("ssh -t admin@%s sudo drillbox unlock %s. The rest is then done at once.", host,
				     why == VAULT_SHUT ? "asks for the passphrase of the data disk" :
							 "asks for a new passphrase, encrypts the data disk with it, and is needed "
							 "again after each start");

	add_step(t, step);
}

char *result_waiting(const struct wanted *w, const char *root, enum vault why)
{
	autofree char *name = name_of_box(w, root);
	autofree char *words = format("The data disk, where the configuration and the dumps are kept, is %s. The rest was applied:",
				      waits[why].is);
	struct text t = {0};

	text_add(&t, "NOT DONE YET. Sources and panel wait for the data disk.\n\n");
	add_wrapped(&t, 0, words);
	add_state_facts(&t, w);
	text_add(&t, "\nWhat to do next\n");
	if (waits[why].step)
		add_step(&t, waits[why].step);
	else
		add_unlock(&t, w, name, why);
	add_login(&t, w, name);
	add_step(&t, "Passwords and keys on this card were not touched: they are still there to read.");
	return text_take(&t);
}

/* ---- the other ends */

static char *bad_end(const char *headline, const char *why, const char *const *steps)
{
	struct text t = {0};

	text_addf(&t, "%s\n\n", headline);
	add_wrapped(&t, 0, why);
	text_add(&t, "\nWhat to do next\n");
	for (; *steps; steps++)
		add_step(&t, *steps);
	return text_take(&t);
}

char *result_refused(const struct error *why)
{
	static const char *const steps[] = {
		"Correct it in drillbox.txt and start the box with this card again. Until then red and amber light in turn.",
		"Passwords and keys on this card were not touched: they are still there to read.", NULL,
	};

	return bad_end("REFUSED. Nothing was changed on the box.", why->text, steps);
}

char *result_failed(const struct error *why)
{
	static const char *const steps[] = {
		"Start the box with this card again: what was begun is then brought to its end.",
		"Until then passwords and keys may still be on this card.", NULL,
	};

	return bad_end("NOT DONE. The box could not finish with drillbox.txt.", why->text, steps);
}

char *result_nothing_asked(const char *root)
{
	autofree char *name = name_of_box(NULL, root), *keys = path_join(root, "state/ssh/authorized_keys/admin");
	autofree char *login = format("ssh admin@%s.local still administers the box.", name);
	struct text t = {0};

	text_add(&t, "NOTHING TO DO YET. Every line of drillbox.txt is a comment.\n\nWhat to do next\n");
	add_step(&t,
		 "Open drillbox.txt on this card with a text editor. Take the # away from the lines you want, and fill them in: "
		 "first of all 'admin' in [ssh], with the line of your .pub file.");
	add_step(&t, "Start the box with this card again. This file then says what became of it.");
	if (path_exists(keys))
		add_step(&t, login);
	return text_take(&t);
}

/* ---- the file */

/* Its second line is when; the rest is what is compared. ASCII, with Windows line ends. */
static char *with_time(const char *text, const char *when)
{
	size_t headline = strcspn(text, "\n") + 1;
	struct text t = {0};

	for (size_t i = 0; text[i]; i++) {
		if (i == headline)
			text_addf(&t, "%s\r\n", when);
		if (text[i] == '\n')
			text_add(&t, "\r\n");
		else
			text_add_bytes(&t, (unsigned char)text[i] < 0x80 ? &text[i] : "?", 1);
	}
	return text_take(&t);
}

static char *now_text(void)
{
	char buf[TIME_TEXT];
	int64_t now = clock_wall();
	struct tm tm;
	time_t t = (time_t)now;

	if (now < DRILLBOX_BUILD_TIME || !gmtime_r(&t, &tm) || !strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M UTC", &tm))
		return xstrdup("the clock was not set");
	return xstrdup(buf);
}

static char *read_result(const char *boot)
{
	autofree char *path = path_join(boot, RESULT_FILE), *text = NULL;
	struct error ignored;

	return read_small_file(path, RESULT_CAP, &text, &ignored) < 0 ? xstrdup("") : take(text);
}

int result_write(struct card *card, const char *text, struct error *err)
{
	autofree char *before = read_result(card->path), *now = now_text(), *whole = with_time(text, now);
	const char *second = strchr(before, '\n');
	autofree char *then = second ? xstrndup(second + 1, strcspn(second + 1, "\r\n")) : xstrdup("");
	autofree char *same_then = with_time(text, then);

	return same(before, same_then) ? 0 : card_write(card, RESULT_FILE, whole, err);
}

bool result_is_bad(const char *boot)
{
	autofree char *text = read_result(boot);

	return *text && !starts_with(text, done_headline);
}
