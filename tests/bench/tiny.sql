-- Twenty small tables, as many small applications have. Deterministic.
DO $$
BEGIN
    FOR i IN 1..20 LOOP
        EXECUTE format('CREATE TABLE t%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, '
                       'amount numeric(12,2) NOT NULL, made_at timestamptz NOT NULL)', i);
        EXECUTE format('INSERT INTO t%s (name, amount, made_at) SELECT md5((n * %s)::text), n * 1.25, '
                       'timestamptz ''2026-11-01 00:00:00Z'' + n * interval ''1 minute'' FROM generate_series(1, 100) n', i, i);
        EXECUTE format('CREATE INDEX ON t%s (made_at)', i);
    END LOOP;
END $$;
ANALYZE;
