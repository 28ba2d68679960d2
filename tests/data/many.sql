-- Nothing but objects: 'scale' tables, each with an identity column, a primary key, a second index, a comment and three rows.
--   psql -d many -v scale=2000 -f many.sql

\set ON_ERROR_STOP 1
SELECT set_config('many.tables', :'scale', false);
CREATE SCHEMA part;
GRANT USAGE ON SCHEMA part TO PUBLIC;
DO $$
DECLARE
    name text;
BEGIN
    FOR i IN 1 .. current_setting('many.tables')::int LOOP
        name := format('part.t%s', lpad(i::text, 6, '0'));
        EXECUTE format('CREATE TABLE %s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, state text NOT NULL
                        DEFAULT ''open'' CHECK (state IN (''open'', ''closed'')), amount numeric(12,2), note text)', name);
        EXECUTE format('INSERT INTO %s (at, amount, note) SELECT ''2026-01-01 00:00+00'', %s / 7.0 + n, ''note '' || n FROM generate_series(1, 3) AS n',
                       name, i);
        EXECUTE format('CREATE INDEX ON %s (at, state)', name);
        EXECUTE format('COMMENT ON TABLE %s IS ''number %s''', name, i);
        IF i % 200 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END $$;
ANALYZE;
