-- The ledger, version 1. Times are seconds since 1970 UTC, durations seconds, sizes bytes.
-- Later versions are steps in migrations.c; this file is never changed once it was shipped.

CREATE TABLE sources (
	source      TEXT PRIMARY KEY,
	first_seen  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A row of work is opened as 'running' with the process that does it: pid, its start in clock ticks
-- since boot, and the boot. A running row whose process is gone was interrupted.
CREATE TABLE rounds (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	source      TEXT NOT NULL,
	trigger     TEXT NOT NULL CHECK (trigger IN ('operator', 'schedule', 'button')),
	started     INTEGER NOT NULL,
	opened      INTEGER NOT NULL,   -- the same in microseconds, for the order within a second
	ended       INTEGER,
	seconds     REAL,
	verdict     TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'undecided', 'running')),
	reason      TEXT NOT NULL DEFAULT '',
	why         TEXT NOT NULL DEFAULT 'none',
	interrupted INTEGER NOT NULL DEFAULT 0 CHECK (interrupted IN (0, 1)),
	pid         INTEGER NOT NULL,
	pid_started INTEGER NOT NULL,
	boot        TEXT NOT NULL
) STRICT;

CREATE TABLE pulls (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	round       INTEGER REFERENCES rounds,
	source      TEXT NOT NULL,
	trigger     TEXT NOT NULL CHECK (trigger IN ('operator', 'schedule', 'button')),
	started     INTEGER NOT NULL,
	opened      INTEGER NOT NULL,
	ended       INTEGER,
	seconds     REAL,
	verdict     TEXT NOT NULL CHECK (verdict IN ('pass', 'undecided', 'running')),
	reason      TEXT NOT NULL DEFAULT '',
	why         TEXT NOT NULL DEFAULT 'none',
	interrupted INTEGER NOT NULL DEFAULT 0 CHECK (interrupted IN (0, 1)),
	dump        TEXT,               -- NULL: nothing was delivered
	bytes       INTEGER,
	skew        INTEGER,            -- the box's clock minus the source's
	pid         INTEGER NOT NULL,
	pid_started INTEGER NOT NULL,
	boot        TEXT NOT NULL
) STRICT;

CREATE TABLE pull_notes (
	pull        INTEGER NOT NULL REFERENCES pulls,
	n           INTEGER NOT NULL,
	note        TEXT NOT NULL,
	PRIMARY KEY (pull, n)
) STRICT, WITHOUT ROWID;

-- Every dump that was ever in the store. What became of it is said by its drills.
CREATE TABLE dumps (
	dump              TEXT PRIMARY KEY,
	source            TEXT NOT NULL,
	taken             INTEGER NOT NULL,   -- data as of
	bytes             INTEGER NOT NULL,
	sha256            TEXT NOT NULL,
	manifest_sha256   TEXT,               -- NULL: it came without a manifest
	pull              INTEGER REFERENCES pulls,
	seen              INTEGER NOT NULL,   -- when it came into the ledger
	system_identifier TEXT,
	database_oid      INTEGER,
	server_version    TEXT,
	skew              INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE drills (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	round           INTEGER REFERENCES rounds,
	source          TEXT NOT NULL,
	dump            TEXT NOT NULL,
	level           TEXT NOT NULL CHECK (level IN ('quick', 'standard', 'deep')),
	trigger         TEXT NOT NULL CHECK (trigger IN ('operator', 'schedule', 'button')),
	started         INTEGER NOT NULL,
	opened          INTEGER NOT NULL,
	ended           INTEGER,
	seconds         REAL,
	restore_seconds REAL,               -- NULL: it did not come so far
	scratch_bytes   INTEGER,
	verdict         TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'undecided', 'running')),
	reason          TEXT NOT NULL DEFAULT '',
	why             TEXT NOT NULL DEFAULT 'none',
	interrupted     INTEGER NOT NULL DEFAULT 0 CHECK (interrupted IN (0, 1)),
	pid             INTEGER NOT NULL,
	pid_started     INTEGER NOT NULL,
	boot            TEXT NOT NULL
) STRICT;

CREATE TABLE phases (
	drill       INTEGER NOT NULL REFERENCES drills,
	n           INTEGER NOT NULL,
	rung        TEXT NOT NULL,
	seconds     REAL NOT NULL,
	summary     TEXT NOT NULL,
	PRIMARY KEY (drill, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE checks (
	drill       INTEGER NOT NULL REFERENCES drills,
	n           INTEGER NOT NULL,
	rung        TEXT NOT NULL,
	result      TEXT NOT NULL CHECK (result IN ('pass', 'fail', 'undecided', 'skip')),
	name        TEXT NOT NULL,
	expected    TEXT NOT NULL,
	actual      TEXT NOT NULL,
	detail      TEXT NOT NULL,
	PRIMARY KEY (drill, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
	drill       INTEGER NOT NULL REFERENCES drills,
	n           INTEGER NOT NULL,
	note        TEXT NOT NULL,
	PRIMARY KEY (drill, n)
) STRICT, WITHOUT ROWID;

-- When the stored bytes of a dump were last compared with their digest, and how that ended.
CREATE TABLE rereads (
	id          INTEGER PRIMARY KEY,
	dump        TEXT NOT NULL,
	at          INTEGER NOT NULL,
	matched     INTEGER NOT NULL CHECK (matched IN (0, 1)),
	detail      TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE acceptances (
	id          INTEGER PRIMARY KEY,
	dump        TEXT NOT NULL,
	at          INTEGER NOT NULL,
	who         TEXT NOT NULL,
	why         TEXT NOT NULL
) STRICT;

-- Belongs to one refuted dump; the first one counts.
CREATE TABLE acknowledgements (
	dump        TEXT PRIMARY KEY,
	at          INTEGER NOT NULL,
	who         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE presses (
	id          INTEGER PRIMARY KEY,
	at          INTEGER NOT NULL,
	held_ms     INTEGER NOT NULL,
	outcome     TEXT NOT NULL
) STRICT;

-- What sources say the time is. Only an answer over verified TLS, since the boot, vouches for the box's clock.
CREATE TABLE clocks (
	id          INTEGER PRIMARY KEY,
	source      TEXT NOT NULL,
	at          INTEGER NOT NULL,
	skew        INTEGER NOT NULL,
	verified    INTEGER NOT NULL CHECK (verified IN (0, 1)),
	boot        TEXT NOT NULL
) STRICT;

-- For history and schedule: the newest few of all, or of a source, without looking at the rest.
CREATE INDEX rounds_opened ON rounds (opened);
CREATE INDEX rounds_of_source ON rounds (source, opened);
CREATE INDEX pulls_opened ON pulls (opened);
CREATE INDEX pulls_of_source ON pulls (source, opened);
CREATE INDEX drills_opened ON drills (opened);
CREATE INDEX drills_of_source ON drills (source, opened);
CREATE INDEX drills_of_dump ON drills (dump, id);
CREATE INDEX rereads_of_dump ON rereads (dump, at);
CREATE INDEX acceptances_of_dump ON acceptances (dump);
CREATE INDEX clocks_of_boot ON clocks (boot, at);
