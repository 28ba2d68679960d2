-- One table that is nearly everything (about 1 GB with its indexes at scale 1), and six that are nothing beside it.
--   psql -d skewed -v scale=0.1 -f skewed.sql    the same in every load

\set ON_ERROR_STOP 1
\if :{?scale} \else \set scale 1 \endif
BEGIN;
CREATE TABLE reading (
    id bigint GENERATED ALWAYS AS IDENTITY,
    sensor int NOT NULL,
    taken timestamptz NOT NULL,
    value double precision NOT NULL,
    quality smallint NOT NULL,
    raw text NOT NULL
);
INSERT INTO reading (sensor, taken, value, quality, raw)
SELECT i % 4001, timestamptz '2025-01-01 00:00+00' + make_interval(secs => i * 5), sin(i) * 100, i % 7, md5('r' || i) || i
FROM generate_series(1, greatest(4700000 * :scale, 1)::int) AS i;
ALTER TABLE reading ADD PRIMARY KEY (id);
CREATE INDEX reading_sensor_taken ON reading (sensor, taken);
CREATE INDEX reading_raw ON reading (raw);

SELECT format('CREATE TABLE site_%s AS SELECT i AS id, md5(%L || i) AS name FROM generate_series(1, 200) AS i;
               ALTER TABLE site_%s ADD PRIMARY KEY (id)', n, n, n) FROM generate_series(1, 6) AS n \gexec
COMMIT;
ANALYZE;
