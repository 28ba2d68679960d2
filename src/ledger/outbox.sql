-- What is told to the world outside. Messages wait here until they are delivered or given up; those of one target go in order.
-- No address is ever in here: who may read the ledger may not speak for the box.

CREATE TABLE outbox (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	target      TEXT NOT NULL,      -- 'webhook', 'ping of SOURCE'
	news        TEXT NOT NULL,
	source      TEXT,               -- NULL: the box
	sentence    TEXT NOT NULL,
	at          INTEGER NOT NULL,
	tries       INTEGER NOT NULL DEFAULT 0,
	next_try    INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_of_target ON outbox (target, id);

-- A target that could not be reached, until it is.
CREATE TABLE troubles (
	target      TEXT PRIMARY KEY,
	since       INTEGER NOT NULL,
	trouble     TEXT NOT NULL,
	given_up    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What was told of each source, so that each thing is told once, whatever happens between.
CREATE TABLE told (
	source      TEXT PRIMARY KEY,   -- '': the box
	troubled    INTEGER NOT NULL CHECK (troubled IN (0, 1)),
	stale       INTEGER NOT NULL CHECK (stale IN (0, 1)),
	refused     INTEGER NOT NULL CHECK (refused IN (0, 1)),
	refuted     TEXT,               -- the dump
	weekly      INTEGER,
	begun       INTEGER NOT NULL,   -- the newest row of rounds, and of drills, whose ping is in the outbox; -1: no pings
	ended       INTEGER NOT NULL,
	drilled     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
