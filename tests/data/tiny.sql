-- Twenty small tables: what a drill costs when there is nearly nothing to restore.
--   psql -d tiny -v scale=1 -f tiny.sql          rows grow with scale; the same in every load

\set ON_ERROR_STOP 1
\if :{?scale} \else \set scale 1 \endif
BEGIN;
CREATE TABLE account (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, opened date NOT NULL);
INSERT INTO account (name, opened) SELECT 'account ' || i, date '2020-01-01' + i FROM generate_series(1, 100 * :scale) AS i;

SELECT format($sql$
    CREATE TABLE topic_%1$s (
        id bigserial PRIMARY KEY,
        account int NOT NULL REFERENCES account,
        title text NOT NULL,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
        details jsonb,
        written timestamptz NOT NULL
    );
    INSERT INTO topic_%1$s (account, title, state, details, written)
    SELECT 1 + (i * 7 + %1$s) %% (100 * %2$s), 'topic ' || md5(%1$s || ':' || i), CASE WHEN i %% 3 = 0 THEN 'closed' ELSE 'open' END,
           jsonb_build_object('number', i, 'of', %1$s), timestamptz '2026-01-01 00:00+00' + make_interval(mins => i)
    FROM generate_series(1, 150 * %2$s) AS i;
    CREATE INDEX topic_%1$s_account ON topic_%1$s (account);
    CREATE INDEX topic_%1$s_open ON topic_%1$s (written) WHERE state = 'open';
$sql$, n, :'scale') FROM generate_series(1, 19) AS n \gexec

CREATE VIEW open_topics AS SELECT a.name, count(*) FROM topic_1 AS t JOIN account AS a ON a.id = t.account WHERE t.state = 'open' GROUP BY a.name;
COMMIT;
ANALYZE;
