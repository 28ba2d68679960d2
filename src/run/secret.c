#include "run/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

#define CREDENTIAL "credential:"
#define SECRET_CAP 4096

void secret_done(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	cleanup_free(secret);
}

/* The path behind 'where'. Owned by the caller; NULL gives NULL. */
static int secret_path(const char *where, char **ret, struct error *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY"), *name;

	if (!where) {
		*ret = NULL;
		return 0;
	}
	if (!starts_with(where, CREDENTIAL)) {
		*ret = xstrdup(where);
		return 0;
	}
	name = where + strlen(CREDENTIAL);
	if (!dir || !*name || strchr(name, '/'))
		return fail(err, ERR_LACKING,
			    "the credential '%s' is not given to this process: run it as a service with LoadCredential=%s, "
			    "or name a file",
			    name, name);
	*ret = path_join(dir, name);
	return 0;
}

int secret_read(const char *where, char **ret, struct error *err)
{
	CLEANUP(secret_done) char *text = NULL;
	autofree char *path = NULL;
	struct stat st;

	if (secret_path(where, &path, err) < 0)
		return -1;
	if (!path) {
		*ret = NULL;
		return 0;
	}
	if (stat(path, &st) < 0)
		return fail(err, ERR_LACKING, "the password file '%s' cannot be read: %m: %s", path,
			    errno == ENOENT ? "write the password into it" : "let the user drillbox runs as read it");
	/* a file of root's may be shared with the box's own group, nothing more */
	if (!starts_with(where, CREDENTIAL) && (st.st_mode & (st.st_uid == 0 ? 037 : 077)))
		return fail(err, ERR_LACKING, "the password file '%s' is open to other users: chmod 600 it", path);
	if (read_small_file(path, SECRET_CAP, &text, err) < 0) {
		err->kind = ERR_LACKING;
		return -1;
	}
	text[strcspn(text, "\r\n")] = '\0';
	if (!*text)
		return fail(err, ERR_LACKING, "the password file '%s' is empty: write the password into it", path);
	*ret = take(text);
	return 0;
}

int reachable_open(const struct source_config *source, struct reachable *ret, struct error *err)
{
	CLEANUP(secret_done) char *password = NULL;
	autofree char *cert = NULL, *key = NULL, *ca = NULL;

	if (secret_read(source->password_file, &password, err) < 0 || secret_path(source->client_cert, &cert, err) < 0 ||
	    secret_path(source->client_key, &key, err) < 0 || secret_path(source->ca, &ca, err) < 0)
		return -1;
	*ret = (struct reachable){
		.source = *source, .password = take(password), .client_cert = take(cert), .client_key = take(key),
		.ca = take(ca)};
	ret->source.client_cert = ret->client_cert;
	ret->source.client_key = ret->client_key;
	ret->source.ca = ret->ca;
	return 0;
}

void reachable_done(struct reachable *r)
{
	secret_done(&r->password);
	free(r->client_cert);
	free(r->client_key);
	free(r->ca);
	*r = (struct reachable){0};
}
