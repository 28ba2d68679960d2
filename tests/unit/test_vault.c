#include "unit/unit.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "provision/vault.h"

static const char four_a72[] =
	"processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU implementer\t: 0x41\n\n"
	"Hardware\t: aes\n";
static const char virt[] = "processor\t: 0\nFeatures\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid\n";
static const char amd64[] = "model name : aes machine\nflags\t\t: fpu vme pni aes";

static void test_the_cipher_goes_by_the_processor(void **state)
{
	(void)state;
	assert_string_equal(vault_cipher(virt)->name, "aes-xts-plain64");
	assert_string_equal(vault_cipher(virt)->key_bits, "512");
	assert_string_equal(vault_cipher(amd64)->name, "aes-xts-plain64");
	assert_string_equal(vault_cipher(four_a72)->name, "xchacha20,aes-adiantum-plain64");
	assert_string_equal(vault_cipher(four_a72)->key_bits, "256");
	assert_string_equal(vault_cipher("Features : aesx xaes\n")->name, "xchacha20,aes-adiantum-plain64");
	assert_string_equal(vault_cipher("")->name, "xchacha20,aes-adiantum-plain64");
}

static void test_a_note_is_read(void **state)
{
	static const struct {
		const char *text;
		enum vault_stage stage;
	} notes[] = {
		{"no\n", STAGE_NONE}, {"wanted\n", STAGE_WANTED}, {"done\n", STAGE_DONE},
		{"begun 64726c62-04 0b-1f\n", STAGE_BEGUN},
		/* what makes no sense may not lead to anything in the clear, nor to a partition that is formatted */
		{"", STAGE_WANTED}, {"yes\n", STAGE_WANTED}, {"begun\n", STAGE_WANTED}, {"begun 64726c62-04\n", STAGE_WANTED},
		{"begun ../sda1 0b-1f\n", STAGE_WANTED}, {"begun 1 2 3\n", STAGE_WANTED},
		{"begun 1 0123456789012345678901234567890123456\n", STAGE_WANTED},
	};
	struct vault_note note;

	(void)state;
	for (size_t i = 0; i < COUNT(notes); i++)
		if (vault_note_parse(notes[i].text).stage != notes[i].stage)
			fail_msg("'%s' is read as %d", notes[i].text, (int)vault_note_parse(notes[i].text).stage);
	note = vault_note_parse("begun 64726c62-04 9a1c3ef0-27a4-4b4f-a54c-6f1b7f7d4d11\n");
	assert_string_equal(note.part, "64726c62-04");
	assert_string_equal(note.uuid, "9a1c3ef0-27a4-4b4f-a54c-6f1b7f7d4d11");
}

/* ---- a root of its own */

struct root {
	char path[64];
	char *config;
};

static struct root new_root(void)
{
	struct root r = {.path = "/tmp/vault-XXXXXX"};
	static const char *const folders[] = {"state", "etc/drillbox", "dev/mapper", "dev/disk/by-label"};
	struct error err;

	assert_non_null(mkdtemp(r.path));
	for (size_t i = 0; i < COUNT(folders); i++) {
		autofree char *folder = path_join(r.path, folders[i]);

		assert_int_equal(make_dirs(folder, 0755, &err), 0);
	}
	r.config = path_join(r.path, "etc/drillbox");
	return r;
}

static void root_done(struct root *r)
{
	struct error err;

	assert_int_equal(remove_tree(r->path, &err), 0);
	free(r->config);
}

static void put(const struct root *r, const char *name, const char *text)
{
	autofree char *path = path_join(r->path, name);
	struct error err;

	assert_int_equal(write_file_durably(path, text, strlen(text), 0644, &err), 0);
}

static void stands(const struct root *r, enum vault vault, const char *without, const char *with)
{
	struct error err = {0};

	assert_int_equal(vault_look(r->path), vault);
	assert_int_equal(vault_refusal(r->config, false, &err), without ? -1 : 0);
	if (without)
		assert_string_equal(err.text, without);
	assert_int_equal(vault_refusal(r->config, true, &err), with ? -1 : 0);
	if (with)
		assert_string_equal(err.text, with);
}

#define MISSING "the data disk is missing: connect it, and start the box again"
#define CURE "ssh -t admin@closet.local sudo drillbox unlock"

static void test_how_it_stands(void **state)
{
	static const char begun[] = "encrypting the data disk was cut short; do it again: " CURE;
	static const char wanted[] = "the data disk is to be encrypted first: " CURE;
	CLEANUP(root_done) struct root r = new_root();
	autofree char *mapper = path_join(r.path, VAULT_MAPPER);
	const struct vault_note note = {.stage = STAGE_BEGUN, .part = "1-4", .uuid = "abc"};
	struct error err;

	(void)state;
	put(&r, "state/hostname", "closet\n");
	stands(&r, VAULT_NONE, NULL, NULL);
	put(&r, VAULT_NOTE, "wanted\n");
	stands(&r, VAULT_WANTED, MISSING, wanted);
	assert_int_equal(vault_note_write(r.path, &note, &err), 0);
	assert_string_equal(vault_note_read(r.path).part, "1-4");
	stands(&r, VAULT_BEGUN, begun, begun);
	put(&r, VAULT_LOCKED, "");
	stands(&r, VAULT_BEGUN, begun, begun);
	put(&r, VAULT_NOTE, "done\n");
	stands(&r, VAULT_SHUT, "the data disk is locked: " CURE,
	       "there is a data disk in the clear beside the locked one: take it away, start the box again, and " CURE);
	put(&r, VAULT_MAPPER, "");
	stands(&r, VAULT_OPEN, NULL, NULL);
	assert_int_equal(unlink(mapper), 0);
	put(&r, VAULT_NOTE, "no\n");
	stands(&r, VAULT_SHUT, "the data disk is locked: " CURE, NULL);
}

/* One that was encrypted is not replaced by one that is not, without a word. */
static void test_another_disk_in_the_clear(void **state)
{
	CLEANUP(root_done) struct root r = new_root();

	(void)state;
	put(&r, VAULT_NOTE, "done\n");
	stands(&r, VAULT_WANTED, MISSING,
	       "the data disk is to be encrypted first: ssh -t admin@drillbox.local sudo drillbox unlock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_cipher_goes_by_the_processor),
		cmocka_unit_test(test_a_note_is_read),
		cmocka_unit_test(test_how_it_stands),
		cmocka_unit_test(test_another_disk_in_the_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
