-- One of nearly every kind of object that a database can hold and that the shop does not: what came back is compared with
-- what was there, class by class, and none of these may look different without being so.
--
--   createdb zoo; psql -d zoo -f zoo.sql            as a superuser, into an empty database

\set ON_ERROR_STOP 1
SET client_min_messages = error;

CREATE ROLE zoo_keeper;
CREATE ROLE "zoo Visitor" LOGIN;
GRANT zoo_keeper TO "zoo Visitor";
ALTER ROLE "zoo Visitor" SET statement_timeout = '1min';
SELECT current_database() AS db \gset
GRANT CREATE ON DATABASE :"db" TO zoo_keeper;
ALTER DATABASE :"db" SET work_mem = '8MB';
ALTER DATABASE :"db" SET search_path = "$user", public, "odd Schema";
ALTER ROLE zoo_keeper IN DATABASE :"db" SET DateStyle = 'SQL, DMY';
ALTER DATABASE :"db" CONNECTION LIMIT 77;

CREATE SCHEMA "odd Schema" AUTHORIZATION zoo_keeper;
CREATE SCHEMA "dots.and""quotes";
CREATE SCHEMA empty_one;
GRANT USAGE ON SCHEMA "odd Schema" TO "zoo Visitor" WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_keeper GRANT SELECT ON TABLES TO "zoo Visitor";
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_keeper REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_keeper IN SCHEMA "odd Schema" GRANT USAGE ON TYPES TO "zoo Visitor";

-- ---------------------------------------------------------------- extensions, with members of their own and rows in them

CREATE EXTENSION pgcrypto WITH SCHEMA empty_one;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION btree_gist;
CREATE EXTENSION unaccent;
CREATE EXTENSION tablefunc WITH SCHEMA "odd Schema";
REVOKE EXECUTE ON FUNCTION empty_one.digest(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION empty_one.digest(text, text) TO zoo_keeper;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_waldir() TO zoo_keeper;
REVOKE SELECT ON pg_catalog.pg_user_mappings FROM PUBLIC;
GRANT SELECT ON pg_catalog.pg_user_mappings TO PUBLIC;
GRANT SELECT ON pg_catalog.pg_authid TO zoo_keeper;

-- ---------------------------------------------------------------- types, domains, casts, operators

CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
ALTER TYPE mood ADD VALUE 'very sad' BEFORE 'sad';
ALTER TYPE mood RENAME VALUE 'happy' TO 'glad';
CREATE TYPE pair AS (x int, "y Y" text COLLATE "C");
ALTER TYPE pair ADD ATTRIBUTE z numeric(5, 2), DROP ATTRIBUTE x;
COMMENT ON TYPE pair IS 'two';
COMMENT ON COLUMN pair."y Y" IS 'the second';
CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = floats);
CREATE DOMAIN positive AS int DEFAULT 1 NOT NULL CHECK (VALUE > 0) CONSTRAINT small CHECK (VALUE < 1000);
CREATE DOMAIN code AS varchar(8) COLLATE "C" CHECK (VALUE IN ('a', 'b', 'c'));
CREATE DOMAIN later AS int CONSTRAINT unchecked CHECK (VALUE <> 13) ;
ALTER DOMAIN later ADD CONSTRAINT odd CHECK (VALUE % 2 = 1) NOT VALID;
CREATE FUNCTION pair_to_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT ($1)."y Y" || ':' || ($1).z $$;
CREATE CAST (pair AS text) WITH FUNCTION pair_to_text(pair) AS ASSIGNMENT;
COMMENT ON CAST (pair AS text) IS 'for show';
CREATE FUNCTION nearly(int, int) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS 'SELECT abs($1 - $2) < 3';
CREATE OPERATOR ~=~ (LEFTARG = int, RIGHTARG = int, FUNCTION = nearly, COMMUTATOR = ~=~, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE FUNCTION reversed(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT btint4cmp($2, $1)';
CREATE OPERATOR FAMILY backwards USING btree;
CREATE OPERATOR CLASS int_backwards FOR TYPE int USING btree FAMILY backwards AS
    OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 reversed(int, int);
CREATE COLLATION german (provider = libc, locale = 'C');
CREATE COLLATION unsharp (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE CONVERSION to_latin FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;

-- ---------------------------------------------------------------- functions of every shape

CREATE FUNCTION defaults(a int, b text DEFAULT 'x''y', VARIADIC c int[] DEFAULT '{}') RETURNS TABLE (n int, t text)
    LANGUAGE plpgsql STABLE ROWS 17 COST 3 PARALLEL SAFE SET work_mem = '1MB' AS $$ BEGIN RETURN QUERY SELECT a, b; END $$;
CREATE FUNCTION defaults(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION inout_of(INOUT a int, OUT b text, IN "c C" mood) LANGUAGE sql AS $$ SELECT $1 + 1, 'b' $$;
CREATE FUNCTION atomic_one(a int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT a + 1; SELECT a * 2; END;
CREATE FUNCTION polymorph(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE PROCEDURE tidy(INOUT n int DEFAULT 0) LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN n := n + 1; COMMIT; END $$;
CREATE FUNCTION "Trigger F"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION of_events() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE AGGREGATE longest(text) (SFUNC = textcat, STYPE = text, INITCOND = '>', SORTOP = <);
CREATE AGGREGATE percentile(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
    FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
REVOKE ALL ON FUNCTION atomic_one(int) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE tidy(int) TO "zoo Visitor";

-- ---------------------------------------------------------------- tables of every shape

CREATE TABLE "odd Schema"."My Table" (
    "Id" int GENERATED BY DEFAULT AS IDENTITY (START 10 INCREMENT -3 MINVALUE -100000 MAXVALUE 10 CACHE 5),
    gone int,
    s varchar CHECK (s IN ('a', 'b')),
    m mood DEFAULT 'sad' NOT NULL,
    p pair,
    d positive,
    r floatrange,
    g int GENERATED ALWAYS AS (length(s) * 2) STORED,
    t timestamptz DEFAULT (now() AT TIME ZONE 'UTC'),
    a int[][] DEFAULT '{{1,2},{3,4}}',
    big text STORAGE EXTERNAL,
    PRIMARY KEY ("Id") INCLUDE (s),
    CONSTRAINT "both ""quoted""" UNIQUE (s, m) DEFERRABLE,
    CONSTRAINT ordering CHECK ((t > '2000-01-01') IS NOT FALSE AND (("Id" < 100) OR (s ~~ 'a%'))) NO INHERIT
) WITH (fillfactor = 71, toast.autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.4);
ALTER TABLE "odd Schema"."My Table" DROP COLUMN gone, ALTER s SET STATISTICS 7, ALTER m SET (n_distinct = 4),
    REPLICA IDENTITY FULL, OWNER TO zoo_keeper;
INSERT INTO "odd Schema"."My Table" (s, m, d) VALUES ('a', 'very sad', 3), ('b', 'glad', 999);
CREATE TABLE "odd Schema".typed OF pair (PRIMARY KEY ("y Y"), z WITH OPTIONS DEFAULT 2);
CREATE TABLE nothing_at_all ();
INSERT INTO nothing_at_all DEFAULT VALUES;
CREATE UNLOGGED TABLE fleeting (id serial);
INSERT INTO fleeting SELECT FROM generate_series(1, 5);
CREATE TABLE likes (LIKE "odd Schema"."My Table" INCLUDING ALL);
CREATE TABLE father (id bigserial, name text NOT NULL DEFAULT 'f', CHECK (id > 0));
CREATE TABLE mother (name text, age int);
CREATE TABLE child (name text DEFAULT 'c', toy text) INHERITS (father, mother);
ALTER TABLE father ADD COLUMN added int DEFAULT 5;
INSERT INTO child (name, toy, age) VALUES ('x', 'ball', 3);
INSERT INTO father (name) VALUES ('y');

CREATE TABLE meter (at timestamptz NOT NULL, device int NOT NULL, v float8, note text) PARTITION BY RANGE (at);
CREATE TABLE meter_old PARTITION OF meter FOR VALUES FROM (MINVALUE) TO ('2026-01-01') PARTITION BY HASH (device);
CREATE TABLE meter_old_0 PARTITION OF meter_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE meter_old_1 PARTITION OF meter_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE meter_new (note text, v float8 DEFAULT 0, scrap int, device int NOT NULL, at timestamptz NOT NULL);
ALTER TABLE meter_new DROP COLUMN scrap;
ALTER TABLE meter ATTACH PARTITION meter_new DEFAULT;
ALTER TABLE meter ADD PRIMARY KEY (at, device);
CREATE INDEX meter_value ON meter (v, (abs(device))) WHERE v > 0;
CREATE INDEX only_above ON ONLY meter (note);
INSERT INTO meter SELECT '2025-06-01'::timestamptz + i * interval '1 day', i, i, 'n' FROM generate_series(1, 400) AS i;
CREATE TABLE device (id int PRIMARY KEY, boss int REFERENCES device ON DELETE SET NULL);
INSERT INTO device SELECT i, nullif(i - 1, 0) FROM generate_series(1, 400) AS i;
ALTER TABLE meter ADD FOREIGN KEY (device) REFERENCES device ON UPDATE CASCADE;
CREATE TABLE reading_note (at timestamptz, device int, FOREIGN KEY (at, device) REFERENCES meter MATCH FULL DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE booking (room int, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0));
ALTER TABLE booking ADD CHECK (room <> 13) NOT VALID;
CREATE SEQUENCE lonely AS smallint START 5 INCREMENT 2 MAXVALUE 99 CYCLE;
SELECT nextval('lonely');
CREATE SEQUENCE untouched;
SET ROLE zoo_keeper;
CREATE SEQUENCE "odd Schema"."Seq ""x""" OWNED BY "odd Schema"."My Table".d;
RESET ROLE;
ALTER TABLE device ADD COLUMN tag text DEFAULT 'D-' || nextval('untouched');
CREATE TABLE by_text (id int DEFAULT nextval(('public.lonely'::text)::regclass), gone int);

CREATE INDEX "an Index" ON "odd Schema"."My Table" USING btree (lower(s) text_pattern_ops DESC NULLS LAST, m) INCLUDE (t) WITH (fillfactor = 50);
CREATE INDEX backwards ON device (id int_backwards);
CREATE INDEX brin_one ON meter_new USING brin (at) WITH (pages_per_range = 4);
CREATE UNIQUE INDEX nulls_once ON device (boss, id) NULLS NOT DISTINCT;
CREATE INDEX folded ON father (name COLLATE unsharp);
CREATE INDEX targets ON device ((id * 2), (id * 3));
ALTER INDEX targets ALTER COLUMN 2 SET STATISTICS 300;
ALTER TABLE device CLUSTER ON nulls_once;
CREATE STATISTICS many (ndistinct, mcv) ON (id % 10), boss FROM device;
ALTER STATISTICS many SET STATISTICS 50;

-- ---------------------------------------------------------------- views, rules, triggers, policies

CREATE VIEW plain (one, "two Two") AS SELECT "Id", s FROM "odd Schema"."My Table" WHERE s = ANY ('{a,b}') WITH LOCAL CHECK OPTION;
CREATE VIEW invoker WITH (security_invoker = true, security_barrier) AS SELECT * FROM plain;
ALTER VIEW plain ALTER COLUMN "two Two" SET DEFAULT 'b';
CREATE RECURSIVE VIEW bosses (id, depth) AS SELECT id, 1 FROM device WHERE boss IS NULL UNION ALL
    SELECT d.id, depth + 1 FROM device d JOIN bosses b ON d.boss = b.id WHERE depth < 5;
CREATE VIEW grouped AS SELECT d.* FROM device d JOIN meter m ON m.device = d.id GROUP BY d.id;
CREATE VIEW windowed AS SELECT id, rank() OVER (PARTITION BY boss ORDER BY id DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS r,
    (SELECT array_agg(x ORDER BY x) FILTER (WHERE x > 1) FROM unnest(ARRAY[1, 2]) AS x) AS l FROM device;
CREATE MATERIALIZED VIEW snapshot_of AS SELECT count(*) AS n FROM meter;
CREATE MATERIALIZED VIEW of_snapshot AS SELECT n + 1 AS n FROM snapshot_of;
CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS one WITH NO DATA;
CREATE UNIQUE INDEX ON snapshot_of (n);
CREATE VIEW twisted_a AS SELECT 1 AS one, 'x'::text AS two;
CREATE VIEW twisted_b AS SELECT one, two FROM twisted_a;
CREATE OR REPLACE VIEW twisted_a AS SELECT one, two FROM (SELECT 2 AS one, 'y'::text AS two) s;
CREATE RULE no_delete AS ON DELETE TO device WHERE OLD.id = 1 DO INSTEAD NOTHING;
CREATE RULE on_plain AS ON UPDATE TO plain DO ALSO NOTIFY changed;
ALTER TABLE device DISABLE RULE no_delete;
CREATE TRIGGER "a Trigger" BEFORE INSERT OR UPDATE OF name ON father FOR EACH ROW WHEN (NEW.name IS NOT NULL) EXECUTE FUNCTION "Trigger F"('x', 'it''s');
CREATE TRIGGER each_part AFTER INSERT ON meter FOR EACH ROW EXECUTE FUNCTION "Trigger F"();
CREATE TRIGGER tables AFTER DELETE ON device REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION "Trigger F"();
CREATE TRIGGER instead INSTEAD OF INSERT ON bosses FOR EACH ROW EXECUTE FUNCTION "Trigger F"();
ALTER TABLE meter_new DISABLE TRIGGER each_part;
ALTER TABLE father ENABLE REPLICA TRIGGER "a Trigger";
CREATE EVENT TRIGGER watcher ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION of_events();
ALTER EVENT TRIGGER watcher ENABLE ALWAYS;
ALTER TABLE booking ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON booking AS RESTRICTIVE FOR UPDATE TO zoo_keeper, "zoo Visitor" USING (room > 0) WITH CHECK (room < 100 AND EXISTS (SELECT FROM device));
CREATE POLICY all_of_them ON booking USING (true);

-- ---------------------------------------------------------------- elsewhere and in words

CREATE SERVER far TYPE 'pg' VERSION '1' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far.example.com', dbname 'x', fetch_size '7');
CREATE USER MAPPING FOR zoo_keeper SERVER far OPTIONS (user 'u', password 'not for the manifest');
CREATE FOREIGN TABLE remote (id int OPTIONS (column_name 'x') NOT NULL, t text) SERVER far OPTIONS (table_name 'y');
GRANT USAGE ON FOREIGN SERVER far TO "zoo Visitor";
CREATE TEXT SEARCH DICTIONARY plain_words (TEMPLATE = pg_catalog.simple, STOPWORDS = english, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION words (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword, word WITH unaccent, plain_words, english_stem;
ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR url;
CREATE INDEX searched ON father USING gin (to_tsvector('public.words', name));
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, delete', publish_via_partition_root);
CREATE PUBLICATION some_of FOR TABLE device (id, boss), ONLY father WHERE (id > 5);
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA "odd Schema";
SELECT lo_from_bytea(4711, 'hello'), lo_from_bytea(4712, decode(repeat('ab', 5000), 'hex')), lo_create(4713);
ALTER LARGE OBJECT 4711 OWNER TO zoo_keeper;
GRANT SELECT, UPDATE ON LARGE OBJECT 4711 TO "zoo Visitor";
COMMENT ON LARGE OBJECT 4712 IS 'ab';
COMMENT ON TABLE father IS E'several\nlines, and a ; with ''quotes''';
COMMENT ON COLUMN father.name IS '';
COMMENT ON CONSTRAINT ordering ON "odd Schema"."My Table" IS 'of a constraint';
COMMENT ON CONSTRAINT small ON DOMAIN positive IS 'of a domain''s';
COMMENT ON TRIGGER each_part ON meter IS 'of a trigger';
COMMENT ON POLICY mine ON booking IS 'of a policy';
COMMENT ON RULE no_delete ON device IS 'of a rule';
COMMENT ON INDEX "odd Schema"."an Index" IS 'of an index';
COMMENT ON EXTENSION unaccent IS 'another comment';
COMMENT ON DATABASE :"db" IS 'a zoo';
COMMENT ON AGGREGATE longest(text) IS 'of an aggregate';
COMMENT ON SCHEMA public IS 'another one';
GRANT SELECT ("Id", s), UPDATE (s) ON "odd Schema"."My Table" TO "zoo Visitor";
GRANT ALL ON father TO zoo_keeper WITH GRANT OPTION;
REVOKE ALL ON mother FROM postgres;
GRANT SELECT ON mother TO PUBLIC;
GRANT USAGE ON TYPE mood TO "zoo Visitor";
REVOKE USAGE ON TYPE pair FROM PUBLIC;
GRANT USAGE ON SEQUENCE lonely TO "zoo Visitor";
GRANT CREATE ON SCHEMA public TO PUBLIC;
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO zoo_keeper, PUBLIC;
