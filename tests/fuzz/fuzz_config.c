/* A file of the configuration, taken both for drillbox.conf and for a source's. */
#include "fuzz/fuzz.h"
#include "model/config.h"
#include "port/ini.h"

static int take_box_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	return box_config_set(&((struct config *)context)->box, "/etc/drillbox", section, key, value, err);
}

static int take_source_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	return source_config_set(context, "/etc/drillbox", section, key, value, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *path = fuzz_file(bytes, n);
	CLEANUP(config_done) struct config config = {0};
	CLEANUP(source_config_done) struct source_config source = {0};
	struct error err;

	box_config_init(&config.box);
	if (ini_read(path, take_box_key, &config, &err) == 0)
		IGNORE(box_config_finish(&config.box, &err)); /* either answer will do */
	source_config_init(&source, "shop");
	if (ini_read(path, take_source_key, &source, &err) == 0)
		IGNORE(source_config_finish(&source, &err)); /* the same */
	return 0;
}
