#include "port/pg_parameters.h"

#include "base/text.h"

#define SYSTEM_CAS "/etc/ssl/certs/ca-certificates.crt" /* for a libpq that does not find the system's by itself */

/*
 * require_auth: verify-full has proven who the server is before anything is
 * sent, so "none" (a client certificate, peer, trust) gives nothing away, and
 * md5 is never clear text. What stays out is "password", which would be, and
 * the methods that would use tickets of this machine.
 *
 * An old libpq has no require_auth, and of what it knows only one thing keeps
 * it from answering any request for a password: channel_binding=require, which
 * leaves SCRAM-SHA-256 over TLS and nothing else.
 */
size_t pg_parameters(const struct pg_target *t, const char *address, const char *passfile, bool old, bool has_password,
		     struct pg_parameter ret[PG_PARAMETERS])
{
	bool local = t->host[0] == '/', bound = old && has_password && !local;
	const struct pg_parameter all[] = {
		{"host", t->host, 0},
		{"hostaddr", local ? NULL : address, 0},
		{"port", t->port ? t->port : "5432", 0},
		{"dbname", t->database, 0},
		{"user", t->user, 0},
		{"passfile", passfile ? passfile : PG_NOWHERE, 0},
		{"application_name", "drillbox", 0},
		{"client_encoding", "UTF8", 0},
		{"require_auth", t->scram_only ? "scram-sha-256,none" : "scram-sha-256,md5,none", PG_LOGINS_CAN_BE_CHOSEN},
		{"gssencmode", "disable", 0},
		{"gssdelegation", "0", 17},
		{"sslmode", local ? "disable" : "verify-full", 0},
		{"sslrootcert", local ? NULL : t->ca ? t->ca : old ? SYSTEM_CAS : "system", 0},
		{"sslcertmode", t->client_cert ? "allow" : "disable", 16},
		{"sslcert", t->client_cert ? t->client_cert : PG_NOWHERE, 0},
		{"sslkey", t->client_key ? t->client_key : PG_NOWHERE, 0},
		{"sslcrl", PG_NOWHERE, 0},
		{"sslsni", "1", 14},
		{"sslnegotiation", "postgres", 17},
		{"ssl_min_protocol_version", "TLSv1.2", 0},
		{"channel_binding", bound ? "require" : "prefer", 0},
		{"target_session_attrs", "any", 0},
		{"load_balance_hosts", "disable", 16},
		{"keepalives", "1", 0},
		{"keepalives_idle", "30", 0},
		{"keepalives_interval", "10", 0},
		{"keepalives_count", "4", 0},
		{"tcp_user_timeout", "70000", 0},
	};
	size_t n = 0;

	_Static_assert(COUNT(all) + 2 < PG_PARAMETERS, "room for password and options as well");
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].value && all[i].value[0])
			ret[n++] = all[i];
	return n;
}

char *pg_parameters_text(const struct pg_target *target, const char *address, const char *passfile, int major, bool old)
{
	struct pg_parameter list[PG_PARAMETERS];
	size_t n = pg_parameters(target, address, passfile, old, passfile != NULL, list);
	struct text out = {0};

	for (size_t i = 0; i < n; i++) {
		if (list[i].since > major)
			continue;
		text_addf(&out, "%s%s='", i ? " " : "", list[i].key);
		for (const char *p = list[i].value; *p; p++) {
			if (*p == '\'' || *p == '\\')
				text_add(&out, "\\");
			text_add_bytes(&out, p, 1);
		}
		text_add(&out, "'");
	}
	return text_take(&out);
}

static const char our_settings[] =
	"-c search_path= -c row_security=off -c statement_timeout=0 -c lock_timeout=0 "
	"-c idle_in_transaction_session_timeout=0 -c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC "
	"-c extra_float_digits=1 -c bytea_output=hex -c standard_conforming_strings=on -c quote_all_identifiers=off "
	"-c jit=off";

/* The source is somebody's production: one process of it is enough. */
static const char source_settings[] = "-c max_parallel_workers_per_gather=0";

/* What is restored there may have been set read-only, to another role, or to load what only the source has. */
char *pg_session_settings(const struct pg_target *t)
{
	const char *more = !t->scratch	 ? source_settings :
			   t->superuser ? PG_RESTORED_SETTINGS_OF_SUPERUSER :
					  PG_RESTORED_SETTINGS;

	return format("%s %s", our_settings, more);
}
