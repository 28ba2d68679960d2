#include "run/configuration.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "port/ini.h"
#include "provision/vault.h"

#define SOURCES_DIR "sources.d"
#define SUFFIX ".conf"
#define MOST_SOURCES 1000

static int take_box_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	struct config *c = context;

	return box_config_set(&c->box, c->dir, section, key, value, err);
}

/* A source and the folder its relative paths start from. */
struct source_reading {
	struct source_config *source;
	const char *dir;
};

static int take_source_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	struct source_reading *r = context;

	return source_config_set(r->source, r->dir, section, key, value, err);
}

static int load_source(struct source_config *source, const char *dir, struct error *err)
{
	struct source_reading r = {source, dir};

	if (!source_name_valid(source->name))
		return fail(err, ERR_CONFIG, "'%s' cannot be a source's file: name it in 1 to 64 of A-Z a-z 0-9 _ -, not "
			    "beginning with '-', before " SUFFIX, source->path);
	if (ini_read(source->path, take_source_key, &r, err) < 0)
		return -1;
	if (source_config_finish(source, err) < 0)
		return fail_within(err, "%s", source->path);
	return 0;
}

static void add_source(struct config *c, const char *folder, const char *file)
{
	struct source_config *source = xcalloc(1, sizeof(*source));
	autofree char *name = xstrndup(file, strlen(file) - strlen(SUFFIX));

	source_config_init(source, name);
	source->path = path_join(folder, file);
	source->broken = load_source(source, c->dir, &source->why) < 0;
	c->sources = grow(c->sources, c->source_count, sizeof(struct source_config *));
	c->sources[c->source_count++] = source;
}

static int list_source_files(const char *folder, struct strings *ret, struct error *err)
{
	autoclosedir DIR *d = opendir(folder);
	struct dirent *e;

	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return fail(err, ERR_CONFIG, "open folder '%s': %m", folder);
	while ((errno = 0, e = readdir(d))) {
		/* editors leave .shop.conf.swp and shop.conf~ */
		if (e->d_name[0] == '.' || !ends_with(e->d_name, SUFFIX))
			continue;
		if (ret->count == MOST_SOURCES)
			return fail(err, ERR_CONFIG, "'%s' holds more than %d sources: a box is made for a few", folder,
				    MOST_SOURCES);
		strings_add(ret, e->d_name);
	}
	return errno ? fail(err, ERR_CONFIG, "read folder '%s': %m", folder) : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct source_config *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int load_sources(struct config *c, struct error *err)
{
	CLEANUP(strings_done) struct strings files = {0};
	autofree char *folder = path_join(c->dir, SOURCES_DIR);

	if (list_source_files(folder, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++)
		add_source(c, folder, files.items[i]);
	if (c->source_count > 1)
		qsort(c->sources, c->source_count, sizeof(struct source_config *), by_name);
	return 0;
}

/* It may lie on a data disk that is locked, or away. */
static int fail_missing(const char *folder, const char *path, struct error *err)
{
	int saved = errno;

	if (vault_refusal(folder, false, err) < 0)
		return -1;
	errno = saved;
	return fail(err, ERR_CONFIG, "there is no configuration at '%s': %m; write one, or name it with --config", path);
}

/* Absolute, since the daemon leaves its folder. */
static int place(struct config *c, const char *path, struct error *err)
{
	autofree char *folder = path_dir(path);

	c->dir = realpath(folder, NULL);
	if (!c->dir)
		return fail_missing(folder, path, err);
	c->path = path_join(c->dir, path_base(path));
	return access(c->path, F_OK) < 0 ? fail_missing(c->dir, c->path, err) : 0;
}

int configuration_load(const char *path, struct config *ret, struct error *err)
{
	CLEANUP(config_done) struct config c = {0};

	if (place(&c, path ? path : CONFIGURATION_DEFAULT, err) < 0)
		return -1;
	box_config_init(&c.box);
	if (ini_read(c.path, take_box_key, &c, err) < 0)
		return -1;
	if (box_config_finish(&c.box, err) < 0)
		return fail_within(err, "%s", c.path);
	if (load_sources(&c, err) < 0)
		return -1;
	*ret = c;
	c = (struct config){0};
	return 0;
}

int configuration_source(const struct config *c, const char *name, const struct source_config **ret, struct error *err)
{
	const struct source_config *source = config_source(c, name);
	autofree const char **names = NULL;
	const char *near;

	if (source && source->broken) {
		*err = source->why;
		return -1;
	}
	if (source) {
		*ret = source;
		return 0;
	}
	names = xcalloc(c->source_count + 1, sizeof(*names));
	for (size_t i = 0; i < c->source_count; i++)
		names[i] = c->sources[i]->name;
	near = nearest_name(name, names);
	return fail(err, ERR_USAGE, "there is no source '%s'%s%s%s: its file would be '%s/sources.d/%s.conf'", name,
		    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", c->dir, name);
}
