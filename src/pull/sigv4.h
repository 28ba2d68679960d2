/*
 * AWS Signature Version 4 as S3 wants it, for requests without a body: the
 * signature in a header, keys encoded once, no path normalised. Pure: the time is
 * the caller's.
 *
 *     const struct sigv4_request request = {.host = "bucket.s3.eu-west-1.amazonaws.com", .path = "/daily/a.dump",
 *					     .region = "eu-west-1", .at = clock_wall()};
 *     CLEANUP(sigv4_signed_done) struct sigv4_signed out = {0};
 *     if (sigv4_sign(&request, &key, &out, err) < 0)
 *             return -1;
 *     ... ask for out.path and out.query with the headers of out.names and out.values ...
 */
#ifndef DRILLBOX_PULL_SIGV4_H
#define DRILLBOX_PULL_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Who signs. access_key NULL: nobody, the request is only encoded. */
struct sigv4_key {
	const char *access_key;	   /* its name, not secret */
	const char *secret_key;
	const char *session_token; /* NULL: none */
};

struct sigv4_pair {
	const char *name, *value;
};

struct sigv4_request {
	const char *method; /* NULL: GET */
	const char *host;   /* as the Host header says it: with the port where that is said */
	const char *path;   /* plain bytes, not encoded; begins with '/' */
	const struct sigv4_pair *params; /* of the query, plain, in any order */
	size_t param_count;
	const struct sigv4_pair *headers; /* to be signed beside host and the x-amz- ones made here */
	size_t header_count;
	const char *region;
	int64_t at; /* seconds since 1970 */
};

/* What has to be sent. All text owned. */
struct sigv4_signed {
	char *path, *query;    /* encoded; query NULL: none */
	struct strings names;  /* the request's headers and those that sign it, in lower case ... */
	struct strings values; /* ... and what they say */
};

/*
 * ERR_CONFIG: a host, region, key or token that no header can hold. ERR_DATA: a
 * path that is none of S3's (not UTF-8, a key longer than 1024 bytes). ERR_CLOCK: no time to sign with.
 */
MUST_CHECK int sigv4_sign(const struct sigv4_request *request, const struct sigv4_key *key, struct sigv4_signed *ret,
			  struct error *err);
void sigv4_signed_done(struct sigv4_signed *s);

/* The canonical request alone, for tests and for whoever looks for the byte that differs. */
char *sigv4_canonical(const struct sigv4_request *request, const struct sigv4_signed *sent);

#endif
