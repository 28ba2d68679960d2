-- What a dump in plain SQL has to say in a way of its own: names, strings and bodies that a careless reader of SQL would trip
-- over, and each kind of statement that a drill leaves out. What pg_dump makes of it is in tests/fuzz/seeds/plain.
--
--   createdb rich; psql -d rich -f plain.sql            as a superuser, into a database of that name

CREATE ROLE shop_owner; CREATE ROLE "Odd ""role; -- x"; CREATE ROLE reader; CREATE ROLE group_a; CREATE ROLE "public2";
ALTER DATABASE rich SET search_path = public, shop;
ALTER DATABASE rich OWNER TO shop_owner;
ALTER ROLE reader IN DATABASE rich SET work_mem='1MB';
COMMENT ON DATABASE rich IS 'it''s rich';
GRANT CONNECT ON DATABASE rich TO reader;
CREATE SCHEMA shop AUTHORIZATION shop_owner;
CREATE SCHEMA "odd
name;";
SET default_tablespace='';
CREATE TABLE shop.t(id serial primary key, v text collate "C" default E'a\\b\n', n numeric check (n > 0), u text generated always as (v || ';') stored);
ALTER TABLE shop.t OWNER TO shop_owner;
CREATE TABLE "odd
name;"."ta;b\le" ("c;o""l" text, "$x" int);
INSERT INTO "odd
name;"."ta;b\le" VALUES (E'line1\nline2\t\\.\n\\.\n--\n-- PostgreSQL database dump complete\n--\n', 1), (NULL,2);
INSERT INTO shop.t(v,n) SELECT 'v'||i||E'\n\\connect x', i FROM generate_series(1,10) i;
GRANT SELECT, INSERT(id) ON shop.t TO reader WITH GRANT OPTION;
GRANT SELECT ON shop.t TO "Odd ""role; -- x";
GRANT UPDATE ON shop.t TO PUBLIC;
GRANT ALL ON SCHEMA shop TO group_a;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE FUNCTION shop.f1(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 ELSE 2 END; SELECT a + 1; END;
CREATE FUNCTION shop.f2() RETURNS trigger LANGUAGE plpgsql AS $f$ begin -- $$ ; \x
 new.v := $q$;$q$; return new; end $f$;
CREATE PROCEDURE shop.p1() BEGIN ATOMIC END;
CREATE PROCEDURE shop.p2(a int) BEGIN ATOMIC INSERT INTO shop.t(v,n) VALUES ('begin; end', 1); SELECT 1 AS "end"; END;
CREATE TRIGGER trg BEFORE INSERT ON shop.t FOR EACH ROW EXECUTE FUNCTION shop.f2();
CREATE VIEW shop.v AS SELECT * FROM shop.t;
CREATE VIEW shop.v2 AS SELECT id, v FROM shop.t GROUP BY id;
CREATE RULE r AS ON INSERT TO shop.v DO INSTEAD (INSERT INTO shop.t(v) VALUES (1); UPDATE shop.t SET v='x' WHERE false;);
CREATE RULE r2 AS ON UPDATE TO shop.v DO INSTEAD (SELECT 1; SELECT 2);
CREATE MATERIALIZED VIEW shop.mv AS SELECT count(*) FROM shop.t;
CREATE TABLE shop.parent(a int, b int) PARTITION BY RANGE(a);
CREATE TABLE shop.p_1 PARTITION OF shop.parent FOR VALUES FROM (1) TO (10);
CREATE INDEX ON shop.parent(a);
CREATE TABLE shop.ref(t int references shop.t);
CREATE TYPE shop.e AS ENUM ('a','b;');
CREATE DOMAIN shop.d AS int CHECK (VALUE > 0) ;
CREATE TYPE shop.comp AS (a int, b text);
CREATE AGGREGATE shop.agg(int) (sfunc = int4pl, stype = int, initcond='0');
CREATE OPERATOR public.@@@  (leftarg=int, rightarg=int, function=int4pl);
CREATE OPERATOR FAMILY shop.of USING btree;
CREATE COLLATION shop.c (locale='C');
CREATE CONVERSION shop.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY shop.tsd (template=simple);

ALTER TABLE shop.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY pol ON shop.t FOR SELECT TO reader, "Odd ""role; -- x" USING (v <> ';');
CREATE POLICY pol2 ON shop.t USING (true);
CREATE PUBLICATION pub FOR TABLE shop.t;
CREATE SUBSCRIPTION sub CONNECTION 'host=x dbname=y' PUBLICATION pub WITH (connect=false);
COMMENT ON SUBSCRIPTION sub IS 'x';
CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (a 'b;');
CREATE USER MAPPING FOR reader SERVER srv OPTIONS (password 'x\y');
CREATE USER MAPPING FOR PUBLIC SERVER srv;
CREATE FOREIGN TABLE shop.ft (a int) SERVER srv;
CREATE FUNCTION shop.evf() RETURNS event_trigger LANGUAGE plpgsql AS $$begin end$$; CREATE EVENT TRIGGER evt ON ddl_command_start EXECUTE FUNCTION shop.evf();
CREATE STATISTICS shop.st ON a, b FROM shop.parent;
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
SELECT lo_create(4711); SELECT lowrite(lo_open(4711, 131072), 'a\\b;'); ALTER LARGE OBJECT 4711 OWNER TO shop_owner; GRANT SELECT ON LARGE OBJECT 4711 TO reader; COMMENT ON LARGE OBJECT 4711 IS 'x';
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE "Odd ""role; -- x" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
COMMENT ON TABLE shop.t IS E'a\nb;-- \\';
CREATE TABLE shop.loop_a(id int primary key);
CREATE VIEW shop.lv AS SELECT 1 AS a;
CREATE FUNCTION shop.lf() RETURNS SETOF shop.lv LANGUAGE sql AS 'SELECT * FROM shop.lv';
CREATE OR REPLACE VIEW shop.lv AS SELECT 1 AS a WHERE (SELECT count(*) FROM shop.lf()) < 0;
