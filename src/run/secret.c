#include "run/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

#define CREDENTIAL "credential:"
/* bytes of a file: of headers, each as long as servers take it, and WEB_HEADERS_CAP of them */
#define SECRET_CAP ((size_t)512 << 10)

void secret_done(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	cleanup_free(secret);
}

int secret_path(const char *where, char **ret, struct error *err)
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

/* The name is not told where it is 'bare', or the folder is missing too: it may be no name at all. */
static int explain_missing(const char *path, const char *what, bool bare, struct error *err)
{
	autofree char *folder = path_dir(path);

	if (bare || !path_exists(folder))
		return fail(err, ERR_LACKING,
			    "there is no such %s file (its name is not shown, for it may be the %s itself): write the %s into a "
			    "file, and name that", what, what, what);
	errno = ENOENT;
	return fail(err, ERR_LACKING, "the %s file '%s' cannot be read: %m: write the %s into it", what, path, what);
}

/* All of it. 'what' is what it should hold. */
static int read_whole(const char *where, const char *what, bool bare, char **ret, struct error *err)
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
	if (stat(path, &st) < 0 && errno == ENOENT)
		return explain_missing(path, what, bare, err);
	if (stat(path, &st) < 0)
		return fail(err, ERR_LACKING, "the %s file '%s' cannot be read: %m: let the user drillbox runs as read it", what,
			    path);
	/* a file of root's may be shared with the box's own group, nothing more */
	if (!starts_with(where, CREDENTIAL) && (st.st_mode & (st.st_uid == 0 ? 037 : 077)))
		return fail(err, ERR_LACKING, "the %s file '%s' is open to other users: chmod 600 it", what, path);
	if (read_small_file(path, SECRET_CAP, &text, err) < 0) {
		err->kind = ERR_LACKING;
		return -1;
	}
	if (text[strspn(text, "\r\n")] == '\0')
		return fail(err, ERR_LACKING, "the %s file '%s' is empty: write the %s into it", what, path, what);
	*ret = take(text);
	return 0;
}

static int read_line(const char *where, const char *what, bool bare, char **ret, struct error *err)
{
	CLEANUP(secret_done) char *text = NULL;

	if (read_whole(where, what, bare, &text, err) < 0)
		return -1;
	if (text)
		text[strcspn(text, "\r\n")] = '\0';
	if (!text || *text) {
		*ret = take(text);
		return 0;
	}
	return fail(err, ERR_LACKING, "the first line of the %s file '%s' is empty: write the %s into it", what, where, what);
}

int secret_read_as(const char *where, const char *what, char **ret, struct error *err)
{
	return read_line(where, what, false, ret, err);
}

/* A word without a '/', which is looked for beside drillbox.conf: a name, or the secret where its file should be named. */
static bool is_bare(const struct source_config *source, const char *where)
{
	autofree char *folder = where ? path_dir(where) : NULL, *sources = source->path ? path_dir(source->path) : NULL;
	autofree char *top = sources ? path_dir(sources) : NULL;

	return folder && top && same(folder, top);
}

static int read_source_line(const struct source_config *source, const char *where, const char *what, char **ret,
			    struct error *err)
{
	return read_line(where, what, is_bare(source, where), ret, err);
}

int reachable_open(const struct source_config *source, struct reachable *ret, struct error *err)
{
	CLEANUP(reachable_done) struct reachable r = {.source = *source};

	if (read_source_line(source, source->password_file, "password", &r.password, err) < 0 ||
	    read_source_line(source, source->token_file, "token", &r.token, err) < 0 ||
	    read_whole(source->headers_file, "headers", is_bare(source, source->headers_file), &r.headers, err) < 0 ||
	    read_source_line(source, source->secret_key_file, "secret key", &r.secret_key, err) < 0 ||
	    read_source_line(source, source->session_token_file, "session token", &r.session_token, err) < 0 ||
	    secret_path(source->client_cert, &r.client_cert, err) < 0 ||
	    secret_path(source->client_key, &r.client_key, err) < 0 || secret_path(source->ca, &r.ca, err) < 0)
		return -1;
	r.source.client_cert = r.client_cert;
	r.source.client_key = r.client_key;
	r.source.ca = r.ca;
	*ret = r;
	memset(&r, 0, sizeof(r)); /* handed over */
	return 0;
}

struct place_secrets reachable_secrets(const struct reachable *r)
{
	return (struct place_secrets){
		.password = r->password,
		.token = r->token,
		.headers = r->headers,
		.secret_key = r->secret_key,
		.session_token = r->session_token,
	};
}

void reachable_done(struct reachable *r)
{
	char **const secrets[] = {&r->password, &r->token, &r->headers, &r->secret_key, &r->session_token};

	for (size_t i = 0; i < COUNT(secrets); i++)
		secret_done(secrets[i]);
	free(r->client_cert);
	free(r->client_key);
	free(r->ca);
	*r = (struct reachable){0};
}
