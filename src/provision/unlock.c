#include "provision/unlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "port/process.h"
#include "port/sqlite.h"

#define DATA "/data"
#define PLAIN "/" VAULT_PLAIN
#define LOCKED "/" VAULT_LOCKED
#define MAPPER "/" VAULT_MAPPER
#define MAPPER_NAME "drillbox-data"
#define AT_WORK "/run/drillbox-unlock" /* locked-data.service looks for it */
#define LOCKED_LABEL "drillbox-locked"
#define PARTS_DIR "/dev/disk/by-partuuid"
#define CPUINFO_CAP ((size_t)1 << 20)
#define TEXT_CAP 256
#define BLOCK 4096
#define GROWS_TO 536870912 /* blocks */
#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

#define SECONDS(n) ((n) * (int64_t)1000)
#define QUICK_MS SECONDS(60)
#define KEY_MS SECONDS(300)   /* deriving a key, on a slow board */
#define MOUNT_MS SECONDS(900) /* with a look at the file system after a power cut */

/* What cryptsetup(8) ends with. */
enum { NO_KEY = 2 };
/* What blkid(8) ends with. */
enum { NOTHING_FOUND = 2 };

void unlock_done(struct unlock *u)
{
	free(u->device);
	*u = (struct unlock){0};
}

/* ---- children */

/* A pipe that holds the passphrase and ends behind it: it is in no argv, no file, no environment. */
static int pour(const char *secret, int *ret_fd, struct error *err)
{
	size_t n = strlen(secret);
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, ERR_IO, "make a pipe for the passphrase: %m");
	autoclose int from = ends[0];
	autoclose int into = ends[1];

	if (n > PASSPHRASE_MOST || write(into, secret, n) != (ssize_t)n) /* so much fits into any pipe at once */
		return fail(err, ERR_IO, "hand the passphrase on: %m");
	*ret_fd = take_fd(&from);
	return 0;
}

/* Run it to its end, whatever it exits with. 'secret' and 'ret_output' may be NULL. */
static int run(const char *const *argv, const char *secret, int64_t ms, struct deadline stop, struct process *p, struct error *err)
{
	struct process_spec spec = {.argv = argv, .capture = true};
	autoclose int from = -1;

	if (secret && pour(secret, &from, err) < 0)
		return -1;
	spec.input = from;
	return process_start(p, &spec, err) < 0 ? -1 : process_wait(p, deadline_in(stop, ms), err);
}

static int run_well(const char *const *argv, const char *secret, int64_t ms, struct deadline stop, struct error *err)
{
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	autofree char *epitaph = NULL;

	if (run(argv, secret, ms, stop, &p, err) < 0)
		return -1;
	if (process_succeeded(&p))
		return 0;
	epitaph = process_epitaph(&p);
	return fail(err, ERR_IO, "%s", epitaph);
}

/* What a device holds by its first bytes, past every cache: its type and the UUID and label of that. "" for none. */
struct found {
	char type[32], uuid[VAULT_ID], label[64];
};

static void take_value(const char *output, const char *key, char *ret, size_t size)
{
	autofree char *start = format("%s=", key);

	for (const char *line = output; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (starts_with(line, start)) {
			const char *value = line + strlen(start);

			(void)snprintf(ret, size, "%.*s", (int)strcspn(value, "\n"), value);
		}
}

static int probe(const char *device, struct deadline stop, struct found *ret, struct error *err)
{
	const char *const argv[] = {"blkid", "--probe", "--output", "export", device, NULL};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct found found = {0};

	if (run(argv, NULL, QUICK_MS, stop, &p, err) < 0)
		return -1;
	if (!process_succeeded(&p) && process_exit_code(&p) != NOTHING_FOUND) {
		autofree char *epitaph = process_epitaph(&p);

		return fail(err, ERR_IO, "nobody can say what '%s' holds: %s", device, epitaph);
	}
	if (process_succeeded(&p) && p.output.data) {
		take_value(p.output.data, "TYPE", found.type, sizeof(found.type));
		take_value(p.output.data, "UUID", found.uuid, sizeof(found.uuid));
		take_value(p.output.data, "LABEL", found.label, sizeof(found.label));
	}
	*ret = found;
	return 0;
}

/* ---- what must not be lost */

/* What nobody can look into is kept, too. NULL where there is no such folder. */
static char *unseen(const char *folder)
{
	return errno == ENOENT ? NULL : format("%s, which cannot be read", path_base(folder));
}

/* The first name in 'folder' but for '.' and '..' and those of 'known'; NULL: none, or no folder. */
static char *first_of(const char *folder, const char *const *known)
{
	autoclosedir DIR *d = opendir(folder);
	const struct dirent *e;

	if (!d)
		return unseen(folder);
	while ((errno = 0, e = readdir(d))) {
		bool is_known = same(e->d_name, ".") || same(e->d_name, "..");

		for (const char *const *k = known; k && *k; k++)
			is_known = is_known || same(*k, e->d_name);
		if (!is_known)
			return xstrdup(e->d_name);
	}
	return errno ? unseen(folder) : NULL;
}

/* "SOURCE/FILE" */
static char *first_dump(const char *data)
{
	autofree char *store = path_join(data, "drillbox/store");
	autoclosedir DIR *d = opendir(store);
	const struct dirent *e;

	if (!d)
		return unseen(store);
	while ((errno = 0, e = readdir(d))) {
		autofree char *folder = path_join(store, e->d_name);
		autofree char *name = same(e->d_name, ".") || same(e->d_name, "..") ? NULL : first_of(folder, NULL);

		if (name)
			return format("%s/%s", e->d_name, name);
	}
	return errno ? unseen(store) : NULL;
}

static int has_rows(struct sqlite *db, const char *table, bool *ret, struct error *err)
{
	autofree char *query = strchr(table, '"') ? NULL : format("SELECT EXISTS (SELECT 1 FROM \"%s\")", table);
	int64_t rows;

	if (!query)
		return fail(err, ERR_DATA, "it has a table that is none of ours");
	if (sqlite_get_int(db, &rows, 1, err, query, "") < 0)
		return -1;
	*ret = rows != 0;
	return 0;
}

/* The first table with a row. That the button was pressed tells nothing of a source. "" for none. Owned by the caller. */
static int first_noted(const char *path, char **ret, struct error *err)
{
	static const char tables[] =
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name <> 'presses'";
	CLEANUP(sqlite_close) struct sqlite *db = NULL;
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	bool found = false;
	int row = 0;

	if (sqlite_open(path, SQLITE_READING, &db, err) < 0 || sqlite_prepare(db, &s, err, tables, "") < 0)
		return -1;
	while (!found && (row = sqlite_step(s, err)) > 0)
		if (has_rows(db, sqlite_text(s, 0), &found, err) < 0)
			return -1;
	if (row < 0)
		return -1;
	*ret = xstrdup(found ? sqlite_text(s, 0) : "");
	return 0;
}

/* The daemon makes a ledger at its first start, also where it has nothing to do yet: what counts is what is in it. */
static char *first_row(const char *data)
{
	static const char *const files[] = {"ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal", NULL};
	autofree char *folder = path_join(data, "drillbox/ledger"), *path = path_join(folder, files[0]),
		      *name = first_of(folder, files);
	struct error err;

	if (name || !path_exists(path))
		return take(name);
	if (first_noted(path, &name, &err) < 0)
		return format("%s, which cannot be read", path_base(path));
	return *name ? take(name) : NULL;
}

char *unlock_kept(const char *data)
{
	/* all that a box has there that has not worked yet: what it once wrote in the clear could be read for ever */
	static const char *const ours[] = {"drillbox", "config", "apt", "update", "lost+found", NULL};
	static const char *const box[] = {"README.txt", "control.sock", "daemon.lock", "ledger", "lock", "powered-on",
					  "templates", NULL};
	static const char *const config[] = {"checks.d", "drillbox.conf", "secrets", "sources.d", NULL};
	static const struct {
		const char *folder;
		const char *const *known;
		const char *what;
	} places[] = {
		{"config/sources.d", NULL, "a configuration in the clear"},
		{"config/secrets", NULL, "a configuration in the clear"},
		{"config/checks.d", NULL, "a configuration in the clear"},
		{"config", config, "a configuration in the clear"},
		{"drillbox", box, "what the box has worked in the clear"},
		{"lost+found", NULL, "what was found when it was repaired"},
		{".", ours, "what is not the box's"},
	};
	autofree char *dump = first_dump(data), *row = dump ? NULL : first_row(data);

	if (dump)
		return format("dumps in the clear ('%s')", dump);
	if (row)
		return format("what the box has worked in the clear ('drillbox/ledger': %s)", row);
	for (size_t i = 0; i < COUNT(places); i++) {
		autofree char *folder = path_join(data, places[i].folder), *name = first_of(folder, places[i].known);

		if (name)
			return format("%s ('%s/%s')", places[i].what, places[i].folder, name);
	}
	return NULL;
}

static int refuse_kept(struct error *err)
{
	autofree char *kept = unlock_kept(DATA);

	if (!kept)
		return 0;
	if (vault_note_read("/").stage > STAGE_WANTED)
		return fail(err, ERR_CONFIG,
			    "this is not the disk that was encrypted, and it holds %s: nothing was changed; take it away, and "
			    "connect the encrypted one, or an empty one",
			    kept);
	return fail(err, ERR_CONFIG,
		    "the data disk holds %s, and encrypting would destroy it: nothing was changed; encrypt a new card, or "
		    "write 'encrypt = no' into drillbox.txt",
		    kept);
}

/* ---- how it stands */

static int find_part(const char *device, char ret[VAULT_ID], struct error *err)
{
	autoclosedir DIR *d = opendir(PARTS_DIR);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		autofree char *link = path_join(PARTS_DIR, e->d_name);
		char *target = realpath(link, NULL);
		bool is_it = same(target, device) && strlen(e->d_name) < VAULT_ID;

		free(target);
		if (is_it) {
			(void)snprintf(ret, VAULT_ID, "%s", e->d_name);
			return 0;
		}
	}
	return fail(err, ERR_CONFIG,
		    "the data disk '%s' is no partition: make one on it that takes all of the disk, with a file system "
		    "labelled drillbox-data",
		    device);
}

/* That /data is this very device: else nobody has looked at what is on it. */
static int is_mounted(const char *device, struct error *err)
{
	struct stat mounted, itself;

	if (stat(DATA, &mounted) == 0 && stat(device, &itself) == 0 && mounted.st_dev == itself.st_rdev)
		return 0;
	return fail(err, ERR_CONFIG,
		    "what is mounted on " DATA " is not '%s', which has the label drillbox-data: connect one such disk alone, "
		    "and start the box again",
		    device);
}

int unlock_is_mounted(struct error *err)
{
	return is_mounted(MAPPER, err);
}

static int look_inside(const char *device, struct deadline stop, struct error *err)
{
	if (unlock_mount(stop, err) < 0)
		return fail_within(err, "nobody can say what is on the data disk");
	return is_mounted(device, err) < 0 ? -1 : refuse_kept(err);
}

static int need_new_in_clear(struct unlock *u, struct deadline stop, struct error *err)
{
	u->need = UNLOCK_NEW;
	u->in_clear = true;
	return find_part(u->device, u->part, err) < 0 || look_inside(u->device, stop, err) < 0 ? -1 : 0;
}

/* What was cut short: the partition holds nothing yet, or the beginning of the very header that was noted. */
static int need_new_again(const struct vault_note *note, struct unlock *u, struct deadline stop, struct error *err)
{
	struct found found;

	if (probe(u->device, stop, &found, err) < 0)
		return -1;
	if (*found.type && !(same(found.type, "crypto_LUKS") && strcasecmp(found.uuid, note->uuid) == 0))
		return fail(err, ERR_CONFIG,
			    "the partition %s, which was being encrypted, now holds something else (%s): nothing was changed; "
			    "take that disk away, or look at it yourself",
			    note->part, found.type);
	u->need = UNLOCK_NEW;
	memcpy(u->part, note->part, sizeof(u->part));
	return 0;
}

/* Where a link of udev's leads; NULL: there is none. */
static char *target_of(const char *link)
{
	return realpath(link, NULL);
}

static int look(struct unlock *u, struct deadline stop, struct error *err)
{
	const struct vault_note note = vault_note_read("/");
	autofree char *part = path_join(PARTS_DIR, note.part), *begun = note.stage == STAGE_BEGUN ? target_of(part) : NULL;
	autofree char *plain = target_of(PLAIN), *locked = target_of(LOCKED);

	if (begun && !same(begun, plain)) {
		u->device = take(begun);
		return need_new_again(&note, u, stop, err);
	}
	if (path_exists(MAPPER))
		return 0; /* UNLOCK_NOTHING */
	if (plain && locked)
		return fail(err, ERR_CONFIG, "there are two data disks, '%s' in the clear and '%s' locked: connect one alone, or "
			    "give the other another label (e2label %s spare), and start the box again", plain, locked, plain);
	if (locked) {
		u->need = UNLOCK_KNOWN;
		u->device = take(locked);
		return 0;
	}
	if (note.stage == STAGE_NONE)
		return fail(err, ERR_NOTHING,
			    "no data disk is locked, and none is to be encrypted: that is asked for with 'encrypt = yes' in "
			    "[box] of drillbox.txt");
	if (!plain)
		return fail(err, ERR_NOTHING, "the data disk is missing: connect it, and start the box again");
	u->device = take(plain);
	return need_new_in_clear(u, stop, err);
}

int unlock_look(struct unlock *ret, struct deadline stop, struct error *err)
{
	CLEANUP(unlock_done) struct unlock u = {0};

	if (look(&u, stop, err) < 0)
		return -1;
	*ret = u;
	u = (struct unlock){0};
	return 0;
}

/* ---- the passphrase */

int passphrase_check(const char *passphrase, struct error *err)
{
	size_t characters = 0;

	for (const char *c = passphrase; *c; c++) {
		characters += ((unsigned char)*c & 0xc0) != 0x80; /* not the inner byte of one in UTF-8 */
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return fail(err, ERR_USAGE, "the passphrase holds what an arrow or a control key leaves: type it again");
	}
	if (characters < PASSPHRASE_LEAST)
		return fail(err, ERR_USAGE,
			    "a passphrase has at least %d characters: whoever takes the disk can try as many as they like",
			    PASSPHRASE_LEAST);
	return 0;
}

/* ---- systemd */

int unlock_mount(struct deadline stop, struct error *err)
{
	static const char *const argv[] = {"systemctl", "start", "data.mount", "var-lib-drillbox.mount", "etc-drillbox.mount",
					   NULL};

	if (run_well(argv, NULL, MOUNT_MS, stop, err) < 0)
		return fail_within(err, "mounting the data disk");
	return 0;
}

int unlock_rouse_daemon(bool anew, struct deadline stop, struct error *err)
{
	const char *const argv[] = {"systemctl", anew ? "restart" : "start", "drillbox.service", NULL};

	return run_well(argv, NULL, QUICK_MS, stop, err) < 0 ? fail_within(err, "starting the daemon again") : 0;
}

/* As it was before: the error is what counts. */
static void revive(void)
{
	struct error ignored;

	if (path_exists(PLAIN))
		IGNORE(unlock_mount(NO_DEADLINE, &ignored));
	IGNORE(unlock_rouse_daemon(true, NO_DEADLINE, &ignored));
}

/* Nobody may have anything on it open. What it holds is looked at once more when nobody can write to it. */
static int let_go(const char *device, struct deadline stop, struct error *err)
{
	static const char *const work[] = {"systemctl", "stop", "drillbox.service", "drillbox-fixes.service", NULL};
	static const char *const mounts[] = {"systemctl", "stop", "var-lib-drillbox.mount", "etc-drillbox.mount", "data.mount",
					     NULL};

	if (run_well(work, NULL, QUICK_MS, stop, err) < 0 || is_mounted(device, err) < 0 || refuse_kept(err) < 0)
		return -1;
	if (run_well(mounts, NULL, QUICK_MS, stop, err) < 0)
		return fail_within(err, "something still uses the data disk, so nothing was changed: wait for it, or end it, and "
					"try again");
	return 0;
}

/* ---- the vault */

static int settle(const char *device, struct deadline stop, struct error *err)
{
	const char *const argv[] = {"udevadm", "trigger", "--settle", device, NULL};

	return run_well(argv, NULL, QUICK_MS, stop, err);
}

/* Both mean that cryptsetup takes all of standard input, as it is. */
#define FROM_INPUT "--key-file=-", "--batch-mode"

/*
 * Each look at the locked disk makes udev call locked-data.service, which ends whatever waits for the opened one. From now
 * on that may be the mount that we ask for.
 */
static void keep_the_wait(struct deadline stop)
{
	static const char *const argv[] = {"systemctl", "stop", "locked-data.service", NULL};
	struct error ignored;

	IGNORE(write_file_durably(AT_WORK, "", 0, 0644, &ignored));
	IGNORE(run_well(argv, NULL, QUICK_MS, stop, &ignored)); /* one that has looked already */
}

static int open_device(const char *device, const char *passphrase, struct deadline stop, struct error *err)
{
	const char *const argv[] = {"cryptsetup", "open", FROM_INPUT, "--type", "luks2", device, MAPPER_NAME, NULL};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	autofree char *epitaph = NULL;

	if (run(argv, passphrase, KEY_MS, stop, &p, err) < 0)
		return -1;
	if (process_succeeded(&p))
		return 0;
	if (process_exit_code(&p) == NO_KEY)
		return fail(err, ERR_REFUSED, "that is not the passphrase of the data disk: try again");
	epitaph = process_epitaph(&p);
	return fail(err, ERR_IO, "opening the data disk '%s': %s", device, epitaph);
}

static int close_device(struct error *err)
{
	static const char *const argv[] = {"cryptsetup", "close", MAPPER_NAME, NULL};

	return path_exists(MAPPER) ? run_well(argv, NULL, QUICK_MS, NO_DEADLINE, err) : 0;
}

/* In bytes; negative where it cannot be opened. */
static off_t size_of(const char *device)
{
	autoclose int fd = open(device, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
}

/* Larger sectors are faster, where the partition is a whole number of them. */
static const char *sector_size(const char *device)
{
	return size_of(device) % BLOCK == 0 ? TEXT_OF(BLOCK) : "512";
}

static int choose_cipher(const struct vault_cipher **ret, struct error *err)
{
	autofree char *cpuinfo = NULL;

	if (read_small_file("/proc/cpuinfo", CPUINFO_CAP, &cpuinfo, err) < 0)
		return -1;
	*ret = vault_cipher(cpuinfo);
	return 0;
}

/* So much memory for the key's derivation that the smallest board, with 512 MB, can spare it. */
static int format_device(const struct unlock *u, const struct vault_note *note, const struct vault_cipher *cipher,
			 const char *passphrase, struct deadline stop, struct error *err)
{
	const char *const argv[] = {"cryptsetup", "luksFormat", FROM_INPUT, "--type", "luks2", "--label", LOCKED_LABEL, "--uuid",
				    note->uuid, "--cipher", cipher->name, "--key-size", cipher->key_bits, "--sector-size",
				    sector_size(u->device), "--pbkdf", "argon2id", "--pbkdf-memory", "65536", u->device, NULL};

	return run_well(argv, passphrase, KEY_MS, stop, err) < 0 ? fail_within(err, "encrypting '%s'", u->device) : 0;
}

/* As the image's own: it can grow to 2 TB while it is mounted. One that is as large has room to grow as it is. */
static int make_file_system(struct deadline stop, struct error *err)
{
	static const char mapper[] = MAPPER;
	const char *const argv[] = {
		"mkfs.ext4", "-q", "-T", "default", "-b", TEXT_OF(BLOCK), "-m", "1", "-J", "size=16", "-L", "drillbox-data", "-E",
		size_of(MAPPER) < (off_t)BLOCK * GROWS_TO ? "resize=" TEXT_OF(GROWS_TO) : "discard", mapper, NULL};
	struct found found;

	if (probe(MAPPER, stop, &found, err) < 0)
		return -1;
	if (*found.type)
		return fail(err, ERR_BUG, "what was just encrypted holds something (%s) already: 'drillbox unlock' begins anew",
			    found.type);
	return run_well(argv, NULL, KEY_MS, stop, err) < 0 ? fail_within(err, "making a file system on it") : 0;
}

static int new_uuid(char ret[VAULT_ID], struct error *err)
{
	autofree char *text = NULL;

	if (read_small_file("/proc/sys/kernel/random/uuid", TEXT_CAP, &text, err) < 0)
		return -1;
	(void)snprintf(ret, VAULT_ID, "%s", trim(text));
	return 0;
}

/* A device's name goes to the next disk when this one is pulled: while somebody typed it may have been. */
static int is_still(const struct unlock *u, struct deadline stop, struct error *err)
{
	const struct vault_note note = vault_note_read("/");
	autofree char *link = path_join(PARTS_DIR, u->part), *target = target_of(link);
	struct unlock again = {.device = u->device};

	if (!same(target, u->device))
		return fail(err, ERR_CONFIG, "the data disk is not where it was: nothing was changed; connect it, and try again");
	return u->in_clear ? 0 : need_new_again(&note, &again, stop, err);
}

/* From the first line on nothing on the partition counts; from the last on everything does. */
static int encrypt(const struct unlock *u, const struct vault_cipher *cipher, const char *passphrase, struct deadline stop,
		   struct error *err)
{
	struct vault_note note = {.stage = STAGE_BEGUN};
	static const struct vault_note done = {.stage = STAGE_DONE};

	memcpy(note.part, u->part, sizeof(note.part));
	if (new_uuid(note.uuid, err) < 0 || close_device(err) < 0 || is_still(u, stop, err) < 0 ||
	    vault_note_write("/", &note, err) < 0)
		return -1;
	if (format_device(u, &note, cipher, passphrase, stop, err) < 0 || open_device(u->device, passphrase, stop, err) < 0 ||
	    make_file_system(stop, err) < 0 || sync_path(MAPPER, err) < 0 || settle(MAPPER, stop, err) < 0)
		return fail_within(err, "'drillbox unlock' again does it anew");
	return vault_note_write("/", &done, err);
}

int unlock_encrypt(const struct unlock *u, const char *passphrase, struct deadline stop, const char **ret_cipher, struct error *err)
{
	const struct vault_cipher *cipher;
	struct error ignored;

	if (passphrase_check(passphrase, err) < 0 || choose_cipher(&cipher, err) < 0)
		return -1;
	keep_the_wait(stop);
	if ((u->in_clear && let_go(u->device, stop, err) < 0) || encrypt(u, cipher, passphrase, stop, err) < 0) {
		IGNORE(close_device(&ignored));
		revive();
		return -1;
	}
	*ret_cipher = cipher->name;
	return 0;
}

int unlock_open(const struct unlock *u, const char *passphrase, struct deadline stop, struct error *err)
{
	static const struct vault_note done = {.stage = STAGE_DONE};
	const struct vault_note note = vault_note_read("/");
	struct found found = {0};
	struct error ignored;

	keep_the_wait(stop);
	if (open_device(u->device, passphrase, stop, err) < 0)
		return -1;
	if (probe(MAPPER, stop, &found, err) < 0) {
		IGNORE(close_device(&ignored));
		return -1;
	}
	if (!same(found.type, "ext4") || !same(found.label, "drillbox-data")) {
		IGNORE(close_device(&ignored));
		return fail(err, ERR_DATA,
			    "the data disk could be opened, but holds no file system of the box (%s): it was closed again; "
			    "look at it with cryptsetup",
			    *found.type ? found.type : "nothing");
	}
	if (settle(MAPPER, stop, err) < 0)
		return -1;
	return note.stage == STAGE_DONE ? 0 : vault_note_write("/", &done, err);
}
