#include "ledger/outbox.h"

#include <string.h>

#include "ledger/book.h"

#define CLOCK_SLACK (INT64_C(25) * 3600) /* nothing is put off for longer than a day: what is later was by a wrong clock */

/* The first of each target. */
#define HEADS "FROM outbox AS o WHERE id = (SELECT min(id) FROM outbox WHERE target = o.target)"

static int reading(int r, struct error *err)
{
	return r < 0 ? fail_within(err, "reading the ledger") : 0;
}

static int begin(struct ledger *l, struct error *err)
{
	return sqlite_begin(l->db, err) < 0 ? fail_within(err, "writing the ledger") : 0;
}

/* ---- what was told ---- */

static void read_told(struct sqlite_statement *s, struct tolds *list)
{
	struct told t = {
		.source = xstrdup(sqlite_text(s, 0)),
		.troubled = sqlite_int(s, 1),
		.stale = sqlite_int(s, 2),
		.refused = sqlite_int(s, 3),
		.refuted = sqlite_is_null(s, 4) ? NULL : xstrdup(sqlite_text(s, 4)),
		.weekly = sqlite_is_null(s, 5) ? TIME_UNKNOWN : sqlite_int(s, 5),
		.begun = sqlite_int(s, 6),
		.ended = sqlite_int(s, 7),
		.drilled = sqlite_int(s, 8),
	};

	tolds_add(list, &t);
}

int ledger_told(struct ledger *l, struct tolds *ret, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	CLEANUP(tolds_done) struct tolds list = {0};
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT source, troubled, stale, refused, refuted, weekly, begun, ended, drilled FROM told", "") < 0)
		return reading(-1, err);
	while ((r = sqlite_step(s, err)) > 0)
		read_told(s, &list);
	if (r < 0)
		return reading(r, err);
	*ret = list;
	list = (struct tolds){0};
	return 0;
}

static int write_told(struct ledger *l, const struct told *t, struct error *err)
{
	return sqlite_run(l->db, err,
			  "INSERT OR REPLACE INTO told (source, troubled, stale, refused, refuted, weekly, begun, ended, drilled) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  "tbbbtoiii", t->source, (int)t->troubled, (int)t->stale, (int)t->refused, t->refuted,
			  t->weekly == TIME_UNKNOWN ? NULL : &t->weekly, t->begun, t->ended, t->drilled);
}

/* ---- targets in trouble ---- */

static int note_trouble(struct ledger *l, const char *target, const char *why, int64_t given_up, int64_t now,
			struct error *err)
{
	return sqlite_run(l->db, err,
			  "INSERT INTO troubles (target, since, trouble, given_up) VALUES (?1, ?2, ?3, ?4) "
			  "ON CONFLICT DO UPDATE SET trouble = ?3, given_up = given_up + ?4",
			  "titi", target, now, why, given_up);
}

static int end_trouble(struct ledger *l, const char *target, struct error *err)
{
	return sqlite_run(l->db, err, "DELETE FROM troubles WHERE target = ?", "t", target);
}

int ledger_target_well(struct ledger *l, const char *target, struct error *err)
{
	int64_t troubled;

	if (sqlite_get_int(l->db, &troubled, 0, err, "SELECT 1 FROM troubles WHERE target = ?", "t", target) < 0)
		return reading(-1, err);
	if (troubled && end_trouble(l, target, err) < 0)
		return fail_within(err, "writing the ledger");
	return 0;
}

int ledger_target_ill(struct ledger *l, const char *target, const char *why, int64_t now, struct error *err)
{
	int64_t known;

	if (sqlite_get_int(l->db, &known, 0, err, "SELECT 1 FROM troubles WHERE target = ? AND trouble = ?", "tt", target,
			   why) < 0)
		return reading(-1, err);
	if (!known && note_trouble(l, target, why, 0, now, err) < 0)
		return fail_within(err, "writing the ledger");
	return 0;
}

int ledger_targets(struct ledger *l, struct targets *ret, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	CLEANUP(targets_done) struct targets list = {0};
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT name, (SELECT count(*) FROM outbox WHERE target = name), since, ifnull(trouble, ''), "
			   "ifnull(given_up, 0) FROM (SELECT target AS name FROM outbox UNION SELECT target FROM troubles) "
			   "LEFT JOIN troubles ON target = name ORDER BY name",
			   "") < 0)
		return reading(-1, err);
	while ((r = sqlite_step(s, err)) > 0) {
		struct target *t = targets_add(&list, sqlite_text(s, 0));

		t->waiting = sqlite_int(s, 1);
		t->failing_since = sqlite_is_null(s, 2) ? TIME_UNKNOWN : sqlite_int(s, 2);
		set_text(&t->trouble, sqlite_text(s, 3));
		t->given_up = sqlite_int(s, 4);
	}
	if (r < 0)
		return reading(r, err);
	*ret = list;
	list = (struct targets){0};
	return 0;
}

int ledger_target_forget(struct ledger *l, const char *target, struct error *err)
{
	if (begin(l, err) < 0)
		return -1;
	return book_finish(l,
			   sqlite_run(l->db, err, "DELETE FROM outbox WHERE target = ?", "t", target) < 0 ||
					   end_trouble(l, target, err) < 0 ?
				   -1 :
				   0,
			   err);
}

/* ---- messages ---- */

static int add_message(struct ledger *l, const struct call *m, int64_t now, struct error *err)
{
	int64_t gone;

	if (sqlite_run(l->db, err,
		       "INSERT INTO outbox (target, news, source, sentence, at, next_try) VALUES (?, ?, ?, ?, ?, ?)", "ttttii",
		       m->target, news_word(m->news), m->source, m->sentence, m->at, m->next_try) < 0 ||
	    sqlite_run(l->db, err,
		       "DELETE FROM outbox WHERE target = ?1 AND id <= "
		       "(SELECT id FROM outbox WHERE target = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
		       "ti", m->target, (int64_t)OUTBOX_CAP) < 0)
		return -1;
	gone = sqlite_changes(l->db);
	if (gone > 0) {
		autofree char *why = format("more than %d messages waited, and the oldest were given up", OUTBOX_CAP);

		return note_trouble(l, m->target, why, gone, now, err);
	}
	return 0;
}

static int tell(struct ledger *l, const struct tolds *told, const struct calls *news, int64_t now, struct error *err)
{
	for (size_t i = 0; i < told->count; i++)
		if (write_told(l, &told->items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < news->count; i++)
		if (add_message(l, &news->items[i], now, err) < 0)
			return -1;
	return 0;
}

int ledger_tell(struct ledger *l, const struct tolds *told, const struct calls *news, int64_t now, struct error *err)
{
	if (begin(l, err) < 0)
		return -1;
	return book_finish(l, tell(l, told, news, now, err), err);
}

static int read_message(struct sqlite_statement *s, struct calls *list, struct error *err)
{
	int news = news_from_word(sqlite_text(s, 2));
	struct call *m;

	if (news < 0)
		return fail(err, ERR_DATA, "the news '%s' in the ledger is unknown to this drillbox; update it", sqlite_text(s, 2));
	m = calls_add(list, sqlite_text(s, 1), (enum news)news, sqlite_is_null(s, 3) ? NULL : sqlite_text(s, 3),
			 sqlite_text(s, 4), sqlite_int(s, 5));
	m->id = sqlite_int(s, 0);
	m->tries = (int)sqlite_int(s, 6);
	m->next_try = sqlite_int(s, 7);
	return 0;
}

int ledger_outbox_due(struct ledger *l, int64_t now, struct calls *ret, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	CLEANUP(calls_done) struct calls list = {0};
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT id, target, news, source, sentence, at, tries, next_try " HEADS
			   " AND (next_try <= ? OR next_try > ?) ORDER BY next_try, id",
			   "ii", now, now + CLOCK_SLACK) < 0)
		return reading(-1, err);
	while ((r = sqlite_step(s, err)) > 0)
		if (read_message(s, &list, err) < 0)
			return reading(-1, err);
	if (r < 0)
		return reading(r, err);
	*ret = list;
	list = (struct calls){0};
	return 0;
}

int ledger_outbox_next(struct ledger *l, int64_t now, int64_t *ret, struct error *err)
{
	int64_t first;

	if (sqlite_get_int(l->db, &first, TIME_UNKNOWN, err,
			   "SELECT min(iif(next_try > ?2, ?1, max(next_try, ?1))) " HEADS, "ii", now, now + CLOCK_SLACK) < 0)
		return reading(-1, err);
	*ret = first;
	return 0;
}

static int remove_message(struct ledger *l, const struct call *m, struct error *err)
{
	return sqlite_run(l->db, err, "DELETE FROM outbox WHERE id = ?", "i", m->id);
}

int ledger_outbox_delivered(struct ledger *l, const struct call *m, struct error *err)
{
	if (begin(l, err) < 0)
		return -1;
	return book_finish(l, remove_message(l, m, err) < 0 || end_trouble(l, m->target, err) < 0 ? -1 : 0, err);
}

int ledger_outbox_withdraw(struct ledger *l, const struct call *m, struct error *err)
{
	if (begin(l, err) < 0)
		return -1;
	return book_finish(l, remove_message(l, m, err), err);
}

static int put_off(struct ledger *l, const struct call *m, int64_t next_try, const char *why, int64_t now,
		   struct error *err)
{
	if (sqlite_run(l->db, err, "UPDATE outbox SET tries = tries + 1, next_try = ? WHERE id = ?", "ii", next_try, m->id) < 0)
		return -1;
	return note_trouble(l, m->target, why, 0, now, err);
}

int ledger_outbox_put_off(struct ledger *l, const struct call *m, int64_t next_try, const char *why, int64_t now,
			  struct error *err)
{
	if (begin(l, err) < 0)
		return -1;
	return book_finish(l, put_off(l, m, next_try, why, now, err), err);
}

int ledger_outbox_give_up(struct ledger *l, const struct call *m, const char *why, int64_t now, struct error *err)
{
	if (begin(l, err) < 0)
		return -1;
	return book_finish(l, remove_message(l, m, err) < 0 || note_trouble(l, m->target, why, 1, now, err) < 0 ? -1 : 0, err);
}
