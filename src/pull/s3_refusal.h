/*
 * Why an object store did not give what it was asked for, in one sentence: what its
 * error documents, its status and its headers mean for the source's file. Pure.
 */
#ifndef DRILLBOX_PULL_S3_REFUSAL_H
#define DRILLBOX_PULL_S3_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/config.h"
#include "port/http.h"

/* What was asked. */
struct s3_question {
	const struct source_config *source;
	const char *key;  /* NULL: for the listing */
	int64_t asked_at; /* by the box's clock, as it was signed */
};

/* What an error document says. All text owned; NULL where it says nothing. */
struct s3_error {
	char *code;	     /* "AccessDenied" */
	char *message;
	char *region;	     /* where the bucket is */
	char *server_time;   /* RFC 3339 */
	char *storage_class;
};

/* What is no such document says nothing. */
struct s3_error s3_error_read(const char *bytes, size_t n);
void s3_error_done(struct s3_error *e);

/*
 * The answer as an error, -1. ERR_REFUSED: the keys; ERR_PRIVILEGE: they may not, and which permission it takes;
 * ERR_CLOCK; ERR_SOURCE: another region, no such bucket, an object in an archive; ERR_NOTHING: no such object; ERR_NETWORK: to be
 * tried again. What is not known here is left to http_refusal().
 */
int s3_refusal(const struct s3_question *q, const struct http_reply *reply, const struct s3_error *said,
	       struct error *err);

#endif
