#include "drill/locale.h"

#include <ctype.h>
#include <locale.h>
#include <string.h>

#include "base/file.h"
#include "port/process.h"

#define SOURCES "/usr/share/i18n"
#define SUPPORTED_CAP ((size_t)1 << 20)
#define COMPILE_TIMEOUT_MS (10 * 60 * 1000) /* a small board takes its time */

char *locale_normal_name(const char *name)
{
	size_t language = strcspn(name, ".@"), end = strcspn(name, "@");
	struct text t = {0};

	text_add_bytes(&t, name, language);
	if (name[language] == '.') {
		text_add(&t, ".");
		for (size_t i = language + 1; i < end; i++)
			if (isalnum((unsigned char)name[i]))
				text_addf(&t, "%c", tolower((unsigned char)name[i]));
	}
	text_add(&t, name + end);
	return text_take(&t);
}

/* Built into the C library. */
static bool is_plain(const char *name)
{
	autofree char *normal = locale_normal_name(name);

	return same(normal, "C") || same(normal, "POSIX") || same(normal, "C.utf8");
}

bool locale_on_system(const char *name)
{
	locale_t l;

	if (is_plain(name))
		return true;
	if (name[0] == '\0' || strchr(name, '/'))
		return false;
	l = newlocale(LC_COLLATE_MASK | LC_CTYPE_MASK, name, (locale_t)0);
	if (l == (locale_t)0)
		return false;
	freelocale(l);
	return true;
}

/* Whether a line's name means 'normal': as it stands ("en_US.UTF-8"), or with its charmap ("nds_DE" with UTF-8). */
static bool offers(const char *offered, const char *charmap, const char *normal)
{
	size_t language = strcspn(offered, ".@");
	autofree char *plain = locale_normal_name(offered);
	autofree char *with = format("%.*s.%s%s", (int)language, offered, charmap, offered + strcspn(offered, "@"));
	autofree char *full = locale_normal_name(with);

	return same(plain, normal) || (offered[language] != '.' && same(full, normal));
}

bool locale_find_source(const char *supported, const char *name, char **ret_input, char **ret_charmap)
{
	autofree char *normal = locale_normal_name(name);

	for (const char *line = supported; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n"), first = strcspn(line, " \n");
		autofree char *offered = xstrndup(line, first), *charmap = NULL;

		if (first < length) {
			charmap = xstrndup(line + first + 1, strcspn(line + first + 1, " \t\r\n"));
			if (offers(offered, charmap, normal)) {
				*ret_input = format("%.*s%s", (int)strcspn(offered, ".@"), offered,
						    offered + strcspn(offered, "@"));
				*ret_charmap = take(charmap);
				return true;
			}
		}
		line += length;
	}
	return false;
}

/* localedef writes a folder of its own; it gets its name only when it is whole. */
static int compile(const char *folder, const char *normal, const char *input, const char *charmap,
		   struct deadline deadline, struct error *err)
{
	autofree char *final = path_join(folder, normal), *part = format("%s.part", final);
	const char *const argv[] = {"/usr/bin/localedef", "--no-archive", "--quiet", "-c", "-i", input, "-f", charmap,
				    part, NULL};
	const char *const env[] = {"I18NPATH=" SOURCES, NULL};
	struct process_spec spec = {.argv = argv, .env = env};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	autofree char *written = NULL;

	if (path_exists(final))
		return 0;
	if (make_dirs(folder, 0700, err) < 0 || remove_tree(part, err) < 0 || process_start(&p, &spec, err) < 0 ||
	    process_wait(&p, deadline_in(deadline, COMPILE_TIMEOUT_MS), err) < 0)
		return -1;
	/* its exit code counts warnings; what counts is what it wrote */
	written = path_join(part, "LC_COLLATE");
	if (!path_exists(written)) {
		autofree char *words = process_epitaph(&p);

		return fail(err, ERR_LACKING, "compile locale '%s': %s", normal, words);
	}
	return rename_durably(part, final, err);
}

static bool is_over(struct deadline deadline, const struct error *err)
{
	return err->kind == ERR_STOPPED || deadline_left(deadline) == 0;
}

static int compile_all(const struct strings *names, const char *supported, const char *folder, struct deadline deadline,
		       struct strings *ret_missing, struct error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		autofree char *normal = locale_normal_name(names->items[i]), *input = NULL, *charmap = NULL;
		struct error why;

		if (is_plain(names->items[i]))
			continue;
		if (locale_find_source(supported, names->items[i], &input, &charmap) &&
		    compile(folder, normal, input, charmap, deadline, &why) == 0)
			continue;
		if (input && is_over(deadline, &why)) {
			*err = why;
			return -1;
		}
		strings_add(ret_missing, names->items[i]);
	}
	return 0;
}

int locale_provide(const struct strings *names, const char *data, struct deadline deadline, char **ret_path,
		   struct strings *ret_missing, struct error *err)
{
	autofree char *supported = NULL, *folder = path_join(data, "locales");
	CLEANUP(strings_done) struct strings absent = {0}, missing = {0};
	struct error ignored;

	for (size_t i = 0; i < names->count; i++)
		if (!locale_on_system(names->items[i]))
			strings_add(&absent, names->items[i]);
	*ret_path = NULL;
	if (absent.count == 0)
		return 0;
	if (read_small_file(SOURCES "/SUPPORTED", SUPPORTED_CAP, &supported, &ignored) == 0 &&
	    compile_all(names, supported, folder, deadline, &missing, err) < 0)
		return -1;
	/* with LOCPATH the system's own are out of sight: worth it only when something is gained and nothing lost */
	if (supported && missing.count < absent.count) {
		for (size_t i = 0; i < missing.count; i++)
			strings_add(ret_missing, missing.items[i]);
		*ret_path = take(folder);
		return 0;
	}
	for (size_t i = 0; i < absent.count; i++)
		strings_add(ret_missing, absent.items[i]);
	return 0;
}
