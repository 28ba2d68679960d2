--
-- PostgreSQL database dump
--

\restrict neQ8Aj55rJkAw7bO5Zmb40XbRAU5cIsyhjztfSyYqIeCrHlV73Deys2mhEnM6mH

-- Dumped from database version 17.12 (Debian 17.12-0+deb13u1)
-- Dumped by pg_dump version 17.12 (Debian 17.12-0+deb13u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: rich; Type: DATABASE; Schema: -; Owner: shop_owner
--

CREATE DATABASE rich WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8';


ALTER DATABASE rich OWNER TO shop_owner;

\unrestrict neQ8Aj55rJkAw7bO5Zmb40XbRAU5cIsyhjztfSyYqIeCrHlV73Deys2mhEnM6mH
\connect rich
\restrict neQ8Aj55rJkAw7bO5Zmb40XbRAU5cIsyhjztfSyYqIeCrHlV73Deys2mhEnM6mH

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: DATABASE rich; Type: COMMENT; Schema: -; Owner: shop_owner
--

COMMENT ON DATABASE rich IS 'it''s rich';


--
-- Name: rich; Type: DATABASE PROPERTIES; Schema: -; Owner: shop_owner
--

ALTER DATABASE rich SET search_path TO 'public', 'shop';
ALTER ROLE reader IN DATABASE rich SET work_mem TO '1MB';


\unrestrict neQ8Aj55rJkAw7bO5Zmb40XbRAU5cIsyhjztfSyYqIeCrHlV73Deys2mhEnM6mH
\connect rich
\restrict neQ8Aj55rJkAw7bO5Zmb40XbRAU5cIsyhjztfSyYqIeCrHlV73Deys2mhEnM6mH

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: odd name;; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "odd
name;";


ALTER SCHEMA "odd
name;" OWNER TO postgres;

--
-- Name: shop; Type: SCHEMA; Schema: -; Owner: shop_owner
--

CREATE SCHEMA shop;


ALTER SCHEMA shop OWNER TO shop_owner;

--
-- Name: c; Type: COLLATION; Schema: shop; Owner: postgres
--

CREATE COLLATION shop.c (provider = libc, locale = 'C');


ALTER COLLATION shop.c OWNER TO postgres;

--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;


--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';


--
-- Name: comp; Type: TYPE; Schema: shop; Owner: postgres
--

CREATE TYPE shop.comp AS (
	a integer,
	b text
);


ALTER TYPE shop.comp OWNER TO postgres;

--
-- Name: d; Type: DOMAIN; Schema: shop; Owner: postgres
--

CREATE DOMAIN shop.d AS integer
	CONSTRAINT d_check CHECK ((VALUE > 0));


ALTER DOMAIN shop.d OWNER TO postgres;

--
-- Name: e; Type: TYPE; Schema: shop; Owner: postgres
--

CREATE TYPE shop.e AS ENUM (
    'a',
    'b;'
);


ALTER TYPE shop.e OWNER TO postgres;

--
-- Name: evf(); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.evf() RETURNS event_trigger
    LANGUAGE plpgsql
    AS $$begin end$$;


ALTER FUNCTION shop.evf() OWNER TO postgres;

--
-- Name: f1(integer); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.f1(a integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (a > 1) THEN 1
             ELSE 2
         END AS "case";
 SELECT (a + 1);
END;


ALTER FUNCTION shop.f1(a integer) OWNER TO postgres;

--
-- Name: f2(); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.f2() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$ begin -- $$ ; \x
 new.v := $q$;$q$; return new; end $_$;


ALTER FUNCTION shop.f2() OWNER TO postgres;

--
-- Name: lv; Type: VIEW; Schema: shop; Owner: postgres
--

CREATE VIEW shop.lv AS
SELECT
    NULL::integer AS a;


ALTER VIEW shop.lv OWNER TO postgres;

--
-- Name: lf(); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.lf() RETURNS SETOF shop.lv
    LANGUAGE sql
    AS $$SELECT * FROM shop.lv$$;


ALTER FUNCTION shop.lf() OWNER TO postgres;

--
-- Name: p1(); Type: PROCEDURE; Schema: shop; Owner: postgres
--

CREATE PROCEDURE shop.p1()
    LANGUAGE sql
    BEGIN ATOMIC
END;


ALTER PROCEDURE shop.p1() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: t; Type: TABLE; Schema: shop; Owner: shop_owner
--

CREATE TABLE shop.t (
    id integer NOT NULL,
    v text DEFAULT 'a\b
'::text COLLATE pg_catalog."C",
    n numeric,
    u text GENERATED ALWAYS AS ((v || ';'::text)) STORED,
    CONSTRAINT t_n_check CHECK ((n > (0)::numeric))
);


ALTER TABLE shop.t OWNER TO shop_owner;

--
-- Name: TABLE t; Type: COMMENT; Schema: shop; Owner: shop_owner
--

COMMENT ON TABLE shop.t IS 'a
b;-- \';


--
-- Name: p2(integer); Type: PROCEDURE; Schema: shop; Owner: postgres
--

CREATE PROCEDURE shop.p2(IN a integer)
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO shop.t (v, n)
   VALUES ('begin; end'::text, 1);
 SELECT 1 AS "end";
END;


ALTER PROCEDURE shop.p2(IN a integer) OWNER TO postgres;

--
-- Name: agg(integer); Type: AGGREGATE; Schema: shop; Owner: postgres
--

CREATE AGGREGATE shop.agg(integer) (
    SFUNC = int4pl,
    STYPE = integer,
    INITCOND = '0'
);


ALTER AGGREGATE shop.agg(integer) OWNER TO postgres;

--
-- Name: @@@; Type: OPERATOR; Schema: public; Owner: postgres
--

CREATE OPERATOR public.@@@ (
    FUNCTION = int4pl,
    LEFTARG = integer,
    RIGHTARG = integer
);


ALTER OPERATOR public.@@@ (integer, integer) OWNER TO postgres;

--
-- Name: of; Type: OPERATOR FAMILY; Schema: shop; Owner: postgres
--

CREATE OPERATOR FAMILY shop.of USING btree;


ALTER OPERATOR FAMILY shop.of USING btree OWNER TO postgres;

--
-- Name: conv; Type: CONVERSION; Schema: shop; Owner: postgres
--

CREATE CONVERSION shop.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;


ALTER CONVERSION shop.conv OWNER TO postgres;

--
-- Name: tsd; Type: TEXT SEARCH DICTIONARY; Schema: shop; Owner: postgres
--

CREATE TEXT SEARCH DICTIONARY shop.tsd (
    TEMPLATE = pg_catalog.simple );


ALTER TEXT SEARCH DICTIONARY shop.tsd OWNER TO postgres;

--
-- Name: fdw; Type: FOREIGN DATA WRAPPER; Schema: -; Owner: postgres
--

CREATE FOREIGN DATA WRAPPER fdw;


ALTER FOREIGN DATA WRAPPER fdw OWNER TO postgres;

--
-- Name: srv; Type: SERVER; Schema: -; Owner: postgres
--

CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (
    a 'b;'
);


ALTER SERVER srv OWNER TO postgres;

--
-- Name: USER MAPPING public SERVER srv; Type: USER MAPPING; Schema: -; Owner: postgres
--

CREATE USER MAPPING FOR public SERVER srv;


--
-- Name: USER MAPPING reader SERVER srv; Type: USER MAPPING; Schema: -; Owner: postgres
--

CREATE USER MAPPING FOR reader SERVER srv OPTIONS (
    password E'x\\y'
);


--
-- Name: ta;b\le; Type: TABLE; Schema: odd name;; Owner: postgres
--

CREATE TABLE "odd
name;"."ta;b\le" (
    "c;o""l" text,
    "$x" integer
);


ALTER TABLE "odd
name;"."ta;b\le" OWNER TO postgres;

--
-- Name: ft; Type: FOREIGN TABLE; Schema: shop; Owner: postgres
--

CREATE FOREIGN TABLE shop.ft (
    a integer
)
SERVER srv;


ALTER FOREIGN TABLE shop.ft OWNER TO postgres;

--
-- Name: loop_a; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.loop_a (
    id integer NOT NULL
);


ALTER TABLE shop.loop_a OWNER TO postgres;

--
-- Name: mv; Type: MATERIALIZED VIEW; Schema: shop; Owner: postgres
--

CREATE MATERIALIZED VIEW shop.mv AS
 SELECT count(*) AS count
   FROM shop.t
  WITH NO DATA;


ALTER MATERIALIZED VIEW shop.mv OWNER TO postgres;

--
-- Name: parent; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.parent (
    a integer,
    b integer
)
PARTITION BY RANGE (a);


ALTER TABLE shop.parent OWNER TO postgres;

--
-- Name: p_1; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.p_1 (
    a integer,
    b integer
);


ALTER TABLE shop.p_1 OWNER TO postgres;

--
-- Name: ref; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.ref (
    t integer
);


ALTER TABLE shop.ref OWNER TO postgres;

--
-- Name: t_id_seq; Type: SEQUENCE; Schema: shop; Owner: shop_owner
--

CREATE SEQUENCE shop.t_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE shop.t_id_seq OWNER TO shop_owner;

--
-- Name: t_id_seq; Type: SEQUENCE OWNED BY; Schema: shop; Owner: shop_owner
--

ALTER SEQUENCE shop.t_id_seq OWNED BY shop.t.id;


--
-- Name: v; Type: VIEW; Schema: shop; Owner: postgres
--

CREATE VIEW shop.v AS
 SELECT id,
    v,
    n,
    u
   FROM shop.t;


ALTER VIEW shop.v OWNER TO postgres;

--
-- Name: v2; Type: VIEW; Schema: shop; Owner: postgres
--

CREATE VIEW shop.v2 AS
SELECT
    NULL::integer AS id,
    NULL::text COLLATE pg_catalog."C" AS v;


ALTER VIEW shop.v2 OWNER TO postgres;

--
-- Name: p_1; Type: TABLE ATTACH; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.parent ATTACH PARTITION shop.p_1 FOR VALUES FROM (1) TO (10);


--
-- Name: t id; Type: DEFAULT; Schema: shop; Owner: shop_owner
--

ALTER TABLE ONLY shop.t ALTER COLUMN id SET DEFAULT nextval('shop.t_id_seq'::regclass);


--
-- Data for Name: ta;b\le; Type: TABLE DATA; Schema: odd name;; Owner: postgres
--

COPY "odd
name;"."ta;b\le" ("c;o""l", "$x") FROM stdin;
line1\nline2\t\\.\n\\.\n--\n-- PostgreSQL database dump complete\n--\n	1
\N	2
\.


--
-- Data for Name: loop_a; Type: TABLE DATA; Schema: shop; Owner: postgres
--

COPY shop.loop_a (id) FROM stdin;
\.


--
-- Data for Name: p_1; Type: TABLE DATA; Schema: shop; Owner: postgres
--

COPY shop.p_1 (a, b) FROM stdin;
\.


--
-- Data for Name: ref; Type: TABLE DATA; Schema: shop; Owner: postgres
--

COPY shop.ref (t) FROM stdin;
\.


--
-- Data for Name: t; Type: TABLE DATA; Schema: shop; Owner: shop_owner
--

COPY shop.t (id, v, n) FROM stdin;
1	v1\n\\connect x	1
2	v2\n\\connect x	2
3	v3\n\\connect x	3
4	v4\n\\connect x	4
5	v5\n\\connect x	5
6	v6\n\\connect x	6
7	v7\n\\connect x	7
8	v8\n\\connect x	8
9	v9\n\\connect x	9
10	v10\n\\connect x	10
\.


--
-- Name: t_id_seq; Type: SEQUENCE SET; Schema: shop; Owner: shop_owner
--

SELECT pg_catalog.setval('shop.t_id_seq', 10, true);


--
-- Name: 4711; Type: BLOB METADATA; Schema: -; Owner: shop_owner
--

SELECT pg_catalog.lo_create('4711');

ALTER LARGE OBJECT 4711 OWNER TO shop_owner;

--
-- Name: LARGE OBJECT 4711; Type: COMMENT; Schema: -; Owner: shop_owner
--

COMMENT ON LARGE OBJECT 4711 IS 'x';


--
-- Data for Name: 4711; Type: BLOBS; Schema: -; Owner: shop_owner
--

BEGIN;

SELECT pg_catalog.lo_open('4711', 131072);
SELECT pg_catalog.lowrite(0, '\x615c623b');
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- Name: loop_a loop_a_pkey; Type: CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.loop_a
    ADD CONSTRAINT loop_a_pkey PRIMARY KEY (id);


--
-- Name: t t_pkey; Type: CONSTRAINT; Schema: shop; Owner: shop_owner
--

ALTER TABLE ONLY shop.t
    ADD CONSTRAINT t_pkey PRIMARY KEY (id);


--
-- Name: parent_a_idx; Type: INDEX; Schema: shop; Owner: postgres
--

CREATE INDEX parent_a_idx ON ONLY shop.parent USING btree (a);


--
-- Name: p_1_a_idx; Type: INDEX; Schema: shop; Owner: postgres
--

CREATE INDEX p_1_a_idx ON shop.p_1 USING btree (a);


--
-- Name: p_1_a_idx; Type: INDEX ATTACH; Schema: shop; Owner: postgres
--

ALTER INDEX shop.parent_a_idx ATTACH PARTITION shop.p_1_a_idx;


--
-- Name: st; Type: STATISTICS; Schema: shop; Owner: postgres
--

CREATE STATISTICS shop.st ON a, b FROM shop.parent;


ALTER STATISTICS shop.st OWNER TO postgres;

--
-- Name: lv _RETURN; Type: RULE; Schema: shop; Owner: postgres
--

CREATE OR REPLACE VIEW shop.lv AS
 SELECT 1 AS a
  WHERE (( SELECT count(*) AS count
           FROM shop.lf() lf(a)) < 0);


--
-- Name: v2 _RETURN; Type: RULE; Schema: shop; Owner: postgres
--

CREATE OR REPLACE VIEW shop.v2 AS
 SELECT id,
    v
   FROM shop.t
  GROUP BY id;


--
-- Name: v r; Type: RULE; Schema: shop; Owner: postgres
--

CREATE RULE r AS
    ON INSERT TO shop.v DO INSTEAD ( INSERT INTO shop.t (v)
  VALUES (1);
 UPDATE shop.t SET v = 'x'::text
  WHERE false;
);


--
-- Name: v r2; Type: RULE; Schema: shop; Owner: postgres
--

CREATE RULE r2 AS
    ON UPDATE TO shop.v DO INSTEAD ( SELECT 1 AS "?column?";
 SELECT 2 AS "?column?";
);


--
-- Name: t trg; Type: TRIGGER; Schema: shop; Owner: shop_owner
--

CREATE TRIGGER trg BEFORE INSERT ON shop.t FOR EACH ROW EXECUTE FUNCTION shop.f2();


--
-- Name: ref ref_t_fkey; Type: FK CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.ref
    ADD CONSTRAINT ref_t_fkey FOREIGN KEY (t) REFERENCES shop.t(id);


--
-- Name: t pol; Type: POLICY; Schema: shop; Owner: shop_owner
--

CREATE POLICY pol ON shop.t FOR SELECT TO "Odd ""role; -- x", reader USING ((v <> ';'::text));


--
-- Name: t pol2; Type: POLICY; Schema: shop; Owner: shop_owner
--

CREATE POLICY pol2 ON shop.t USING (true);


--
-- Name: t; Type: ROW SECURITY; Schema: shop; Owner: shop_owner
--

ALTER TABLE shop.t ENABLE ROW LEVEL SECURITY;

--
-- Name: pub; Type: PUBLICATION; Schema: -; Owner: postgres
--

CREATE PUBLICATION pub WITH (publish = 'insert, update, delete, truncate');


ALTER PUBLICATION pub OWNER TO postgres;

--
-- Name: pub t; Type: PUBLICATION TABLE; Schema: shop; Owner: postgres
--

ALTER PUBLICATION pub ADD TABLE ONLY shop.t;


--
-- Name: sub; Type: SUBSCRIPTION; Schema: -; Owner: postgres
--

CREATE SUBSCRIPTION sub CONNECTION 'host=x dbname=y' PUBLICATION pub WITH (connect = false, slot_name = 'sub');


ALTER SUBSCRIPTION sub OWNER TO postgres;

--
-- Name: SUBSCRIPTION sub; Type: COMMENT; Schema: -; Owner: postgres
--

COMMENT ON SUBSCRIPTION sub IS 'x';


--
-- Name: DATABASE rich; Type: ACL; Schema: -; Owner: shop_owner
--

GRANT CONNECT ON DATABASE rich TO reader;


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner
--

REVOKE USAGE ON SCHEMA public FROM PUBLIC;


--
-- Name: SCHEMA shop; Type: ACL; Schema: -; Owner: shop_owner
--

GRANT ALL ON SCHEMA shop TO group_a;


--
-- Name: TABLE t; Type: ACL; Schema: shop; Owner: shop_owner
--

GRANT SELECT ON TABLE shop.t TO reader WITH GRANT OPTION;
GRANT SELECT ON TABLE shop.t TO "Odd ""role; -- x";
GRANT UPDATE ON TABLE shop.t TO PUBLIC;


--
-- Name: COLUMN t.id; Type: ACL; Schema: shop; Owner: shop_owner
--

GRANT INSERT(id) ON TABLE shop.t TO reader WITH GRANT OPTION;


--
-- Name: LARGE OBJECT 4711; Type: ACL; Schema: -; Owner: shop_owner
--

GRANT SELECT ON LARGE OBJECT 4711 TO reader;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: shop; Owner: shop_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT SELECT ON TABLES TO reader;


--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: Odd "role; -- x
--

ALTER DEFAULT PRIVILEGES FOR ROLE "Odd ""role; -- x" REVOKE ALL ON FUNCTIONS FROM PUBLIC;


--
-- Name: evt; Type: EVENT TRIGGER; Schema: -; Owner: postgres
--

CREATE EVENT TRIGGER evt ON ddl_command_start
   EXECUTE FUNCTION shop.evf();


ALTER EVENT TRIGGER evt OWNER TO postgres;

--
-- Name: mv; Type: MATERIALIZED VIEW DATA; Schema: shop; Owner: postgres
--

REFRESH MATERIALIZED VIEW shop.mv;


--
-- PostgreSQL database dump complete
--

\unrestrict neQ8Aj55rJkAw7bO5Zmb40XbRAU5cIsyhjztfSyYqIeCrHlV73Deys2mhEnM6mH

