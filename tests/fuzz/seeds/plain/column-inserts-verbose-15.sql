--
-- PostgreSQL database dump
--

\restrict cb0MxUdf1NbNp8UraWfsxbwbVrOgKfPnrrFt4DRm9Hd2XY4rgXODbhYgCBeXsB7

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

-- Started on 2026-12-01 03:43:42 UTC

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- TOC entry 6 (class 2615 OID 17182)
-- Name: odd name;; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "odd
name;";


ALTER SCHEMA "odd
name;" OWNER TO postgres;

--
-- TOC entry 7 (class 2615 OID 17181)
-- Name: shop; Type: SCHEMA; Schema: -; Owner: shop_owner
--

CREATE SCHEMA shop;


ALTER SCHEMA shop OWNER TO shop_owner;

--
-- TOC entry 2998 (class 3456 OID 17250)
-- Name: c; Type: COLLATION; Schema: shop; Owner: postgres
--

CREATE COLLATION shop.c (provider = libc, locale = 'C');


ALTER COLLATION shop.c OWNER TO postgres;

--
-- TOC entry 2 (class 3079 OID 17268)
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;


--
-- TOC entry 3545 (class 0 OID 0)
-- Dependencies: 2
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';


--
-- TOC entry 934 (class 1247 OID 17246)
-- Name: comp; Type: TYPE; Schema: shop; Owner: postgres
--

CREATE TYPE shop.comp AS (
	a integer,
	b text
);


ALTER TYPE shop.comp OWNER TO postgres;

--
-- TOC entry 930 (class 1247 OID 17242)
-- Name: d; Type: DOMAIN; Schema: shop; Owner: postgres
--

CREATE DOMAIN shop.d AS integer
	CONSTRAINT d_check CHECK ((VALUE > 0));


ALTER DOMAIN shop.d OWNER TO postgres;

--
-- TOC entry 927 (class 1247 OID 17236)
-- Name: e; Type: TYPE; Schema: shop; Owner: postgres
--

CREATE TYPE shop.e AS ENUM (
    'a',
    'b;'
);


ALTER TYPE shop.e OWNER TO postgres;

--
-- TOC entry 271 (class 1255 OID 17265)
-- Name: evf(); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.evf() RETURNS event_trigger
    LANGUAGE plpgsql
    AS $$begin end$$;


ALTER FUNCTION shop.evf() OWNER TO postgres;

--
-- TOC entry 236 (class 1255 OID 17200)
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
-- TOC entry 237 (class 1255 OID 17201)
-- Name: f2(); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.f2() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$ begin -- $$ ; \x
 new.v := $q$;$q$; return new; end $_$;


ALTER FUNCTION shop.f2() OWNER TO postgres;

--
-- TOC entry 229 (class 1259 OID 17380)
-- Name: lv; Type: VIEW; Schema: shop; Owner: postgres
--

CREATE VIEW shop.lv AS
SELECT
    NULL::integer AS a;


ALTER TABLE shop.lv OWNER TO postgres;

--
-- TOC entry 258 (class 1255 OID 17384)
-- Name: lf(); Type: FUNCTION; Schema: shop; Owner: postgres
--

CREATE FUNCTION shop.lf() RETURNS SETOF shop.lv
    LANGUAGE sql
    AS $$SELECT * FROM shop.lv$$;


ALTER FUNCTION shop.lf() OWNER TO postgres;

--
-- TOC entry 238 (class 1255 OID 17202)
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
-- TOC entry 218 (class 1259 OID 17184)
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
-- TOC entry 3546 (class 0 OID 0)
-- Dependencies: 218
-- Name: TABLE t; Type: COMMENT; Schema: shop; Owner: shop_owner
--

COMMENT ON TABLE shop.t IS 'a
b;-- \';


--
-- TOC entry 270 (class 1255 OID 17203)
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
-- TOC entry 950 (class 1255 OID 17247)
-- Name: agg(integer); Type: AGGREGATE; Schema: shop; Owner: postgres
--

CREATE AGGREGATE shop.agg(integer) (
    SFUNC = int4pl,
    STYPE = integer,
    INITCOND = '0'
);


ALTER AGGREGATE shop.agg(integer) OWNER TO postgres;

--
-- TOC entry 1752 (class 2617 OID 17248)
-- Name: @@@; Type: OPERATOR; Schema: public; Owner: postgres
--

CREATE OPERATOR public.@@@ (
    FUNCTION = int4pl,
    LEFTARG = integer,
    RIGHTARG = integer
);


ALTER OPERATOR public.@@@ (integer, integer) OWNER TO postgres;

--
-- TOC entry 2112 (class 2753 OID 17249)
-- Name: of; Type: OPERATOR FAMILY; Schema: shop; Owner: postgres
--

CREATE OPERATOR FAMILY shop.of USING btree;


ALTER OPERATOR FAMILY shop.of USING btree OWNER TO postgres;

--
-- TOC entry 3127 (class 2607 OID 17251)
-- Name: conv; Type: CONVERSION; Schema: shop; Owner: postgres
--

CREATE CONVERSION shop.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;


ALTER CONVERSION shop.conv OWNER TO postgres;

--
-- TOC entry 2151 (class 3600 OID 17252)
-- Name: tsd; Type: TEXT SEARCH DICTIONARY; Schema: shop; Owner: postgres
--

CREATE TEXT SEARCH DICTIONARY shop.tsd (
    TEMPLATE = pg_catalog.simple );


ALTER TEXT SEARCH DICTIONARY shop.tsd OWNER TO postgres;

--
-- TOC entry 2181 (class 2328 OID 17258)
-- Name: fdw; Type: FOREIGN DATA WRAPPER; Schema: -; Owner: postgres
--

CREATE FOREIGN DATA WRAPPER fdw;


ALTER FOREIGN DATA WRAPPER fdw OWNER TO postgres;

--
-- TOC entry 2182 (class 1417 OID 17259)
-- Name: srv; Type: SERVER; Schema: -; Owner: postgres
--

CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (
    a 'b;'
);


ALTER SERVER srv OWNER TO postgres;

--
-- TOC entry 3549 (class 0 OID 0)
-- Name: USER MAPPING public SERVER srv; Type: USER MAPPING; Schema: -; Owner: postgres
--

CREATE USER MAPPING FOR public SERVER srv;


--
-- TOC entry 3550 (class 0 OID 0)
-- Name: USER MAPPING reader SERVER srv; Type: USER MAPPING; Schema: -; Owner: postgres
--

CREATE USER MAPPING FOR reader SERVER srv OPTIONS (
    password E'x\\y'
);


--
-- TOC entry 219 (class 1259 OID 17195)
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
-- TOC entry 227 (class 1259 OID 17262)
-- Name: ft; Type: FOREIGN TABLE; Schema: shop; Owner: postgres
--

CREATE FOREIGN TABLE shop.ft (
    a integer
)
SERVER srv;


ALTER FOREIGN TABLE shop.ft OWNER TO postgres;

--
-- TOC entry 228 (class 1259 OID 17375)
-- Name: loop_a; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.loop_a (
    id integer NOT NULL
);


ALTER TABLE shop.loop_a OWNER TO postgres;

--
-- TOC entry 222 (class 1259 OID 17215)
-- Name: mv; Type: MATERIALIZED VIEW; Schema: shop; Owner: postgres
--

CREATE MATERIALIZED VIEW shop.mv AS
 SELECT count(*) AS count
   FROM shop.t
  WITH NO DATA;


ALTER TABLE shop.mv OWNER TO postgres;

--
-- TOC entry 223 (class 1259 OID 17219)
-- Name: parent; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.parent (
    a integer,
    b integer
)
PARTITION BY RANGE (a);


ALTER TABLE shop.parent OWNER TO postgres;

--
-- TOC entry 224 (class 1259 OID 17222)
-- Name: p_1; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.p_1 (
    a integer,
    b integer
);


ALTER TABLE shop.p_1 OWNER TO postgres;

--
-- TOC entry 225 (class 1259 OID 17227)
-- Name: ref; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.ref (
    t integer
);


ALTER TABLE shop.ref OWNER TO postgres;

--
-- TOC entry 217 (class 1259 OID 17183)
-- Name: t_id_seq; Type: SEQUENCE; Schema: shop; Owner: shop_owner
--

CREATE SEQUENCE shop.t_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE shop.t_id_seq OWNER TO shop_owner;

--
-- TOC entry 3551 (class 0 OID 0)
-- Dependencies: 217
-- Name: t_id_seq; Type: SEQUENCE OWNED BY; Schema: shop; Owner: shop_owner
--

ALTER SEQUENCE shop.t_id_seq OWNED BY shop.t.id;


--
-- TOC entry 220 (class 1259 OID 17205)
-- Name: v; Type: VIEW; Schema: shop; Owner: postgres
--

CREATE VIEW shop.v AS
 SELECT t.id,
    t.v,
    t.n,
    t.u
   FROM shop.t;


ALTER TABLE shop.v OWNER TO postgres;

--
-- TOC entry 221 (class 1259 OID 17209)
-- Name: v2; Type: VIEW; Schema: shop; Owner: postgres
--

CREATE VIEW shop.v2 AS
SELECT
    NULL::integer AS id,
    NULL::text COLLATE pg_catalog."C" AS v;


ALTER TABLE shop.v2 OWNER TO postgres;

--
-- TOC entry 3360 (class 0 OID 0)
-- Name: p_1; Type: TABLE ATTACH; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.parent ATTACH PARTITION shop.p_1 FOR VALUES FROM (1) TO (10);


--
-- TOC entry 3361 (class 2604 OID 17187)
-- Name: t id; Type: DEFAULT; Schema: shop; Owner: shop_owner
--

ALTER TABLE ONLY shop.t ALTER COLUMN id SET DEFAULT nextval('shop.t_id_seq'::regclass);


--
-- TOC entry 3536 (class 2613 OID 4711)
-- Name: 4711; Type: BLOB; Schema: -; Owner: shop_owner
--

SELECT pg_catalog.lo_create('4711');


ALTER LARGE OBJECT 4711 OWNER TO shop_owner;

--
-- TOC entry 3552 (class 0 OID 0)
-- Dependencies: 3536
-- Name: LARGE OBJECT 4711; Type: COMMENT; Schema: -; Owner: shop_owner
--

COMMENT ON LARGE OBJECT 4711 IS 'x';


--
-- TOC entry 3531 (class 0 OID 17195)
-- Dependencies: 219
-- Data for Name: ta;b\le; Type: TABLE DATA; Schema: odd name;; Owner: postgres
--

INSERT INTO "odd
name;"."ta;b\le" ("c;o""l", "$x") VALUES
	('line1
line2	\.
\.
--
-- PostgreSQL database dump complete
--
', 1),
	(NULL, 2);


--
-- TOC entry 3535 (class 0 OID 17375)
-- Dependencies: 228
-- Data for Name: loop_a; Type: TABLE DATA; Schema: shop; Owner: postgres
--



--
-- TOC entry 3533 (class 0 OID 17222)
-- Dependencies: 224
-- Data for Name: p_1; Type: TABLE DATA; Schema: shop; Owner: postgres
--



--
-- TOC entry 3534 (class 0 OID 17227)
-- Dependencies: 225
-- Data for Name: ref; Type: TABLE DATA; Schema: shop; Owner: postgres
--



--
-- TOC entry 3530 (class 0 OID 17184)
-- Dependencies: 218
-- Data for Name: t; Type: TABLE DATA; Schema: shop; Owner: shop_owner
--

INSERT INTO shop.t (id, v, n) VALUES
	(1, 'v1
\connect x', 1),
	(2, 'v2
\connect x', 2),
	(3, 'v3
\connect x', 3);
INSERT INTO shop.t (id, v, n) VALUES
	(4, 'v4
\connect x', 4),
	(5, 'v5
\connect x', 5),
	(6, 'v6
\connect x', 6);
INSERT INTO shop.t (id, v, n) VALUES
	(7, 'v7
\connect x', 7),
	(8, 'v8
\connect x', 8),
	(9, 'v9
\connect x', 9);
INSERT INTO shop.t (id, v, n) VALUES
	(10, 'v10
\connect x', 10);


--
-- TOC entry 3554 (class 0 OID 0)
-- Dependencies: 217
-- Name: t_id_seq; Type: SEQUENCE SET; Schema: shop; Owner: shop_owner
--

SELECT pg_catalog.setval('shop.t_id_seq', 10, true);


--
-- TOC entry 3537 (class 0 OID 0)
-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -
--

BEGIN;

SELECT pg_catalog.lo_open('4711', 131072);
SELECT pg_catalog.lowrite(0, '\x615c623b');
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- TOC entry 3370 (class 2606 OID 17379)
-- Name: loop_a loop_a_pkey; Type: CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.loop_a
    ADD CONSTRAINT loop_a_pkey PRIMARY KEY (id);


--
-- TOC entry 3366 (class 2606 OID 17194)
-- Name: t t_pkey; Type: CONSTRAINT; Schema: shop; Owner: shop_owner
--

ALTER TABLE ONLY shop.t
    ADD CONSTRAINT t_pkey PRIMARY KEY (id);


--
-- TOC entry 3367 (class 1259 OID 17225)
-- Name: parent_a_idx; Type: INDEX; Schema: shop; Owner: postgres
--

CREATE INDEX parent_a_idx ON ONLY shop.parent USING btree (a);


--
-- TOC entry 3368 (class 1259 OID 17226)
-- Name: p_1_a_idx; Type: INDEX; Schema: shop; Owner: postgres
--

CREATE INDEX p_1_a_idx ON shop.p_1 USING btree (a);


--
-- TOC entry 3371 (class 0 OID 0)
-- Name: p_1_a_idx; Type: INDEX ATTACH; Schema: shop; Owner: postgres
--

ALTER INDEX shop.parent_a_idx ATTACH PARTITION shop.p_1_a_idx;


--
-- TOC entry 3372 (class 3381 OID 17267)
-- Name: st; Type: STATISTICS; Schema: shop; Owner: postgres
--

CREATE STATISTICS shop.st ON a, b FROM shop.parent;


ALTER STATISTICS shop.st OWNER TO postgres;

--
-- TOC entry 3522 (class 2618 OID 17383)
-- Name: lv _RETURN; Type: RULE; Schema: shop; Owner: postgres
--

CREATE OR REPLACE VIEW shop.lv AS
 SELECT 1 AS a
  WHERE (( SELECT count(*) AS count
           FROM shop.lf() lf(a)) < 0);


--
-- TOC entry 3518 (class 2618 OID 17212)
-- Name: v2 _RETURN; Type: RULE; Schema: shop; Owner: postgres
--

CREATE OR REPLACE VIEW shop.v2 AS
 SELECT t.id,
    t.v
   FROM shop.t
  GROUP BY t.id;


--
-- TOC entry 3519 (class 2618 OID 17213)
-- Name: v r; Type: RULE; Schema: shop; Owner: postgres
--

CREATE RULE r AS
    ON INSERT TO shop.v DO INSTEAD ( INSERT INTO shop.t (v)
  VALUES (1);
 UPDATE shop.t SET v = 'x'::text
  WHERE false;
);


--
-- TOC entry 3520 (class 2618 OID 17214)
-- Name: v r2; Type: RULE; Schema: shop; Owner: postgres
--

CREATE RULE r2 AS
    ON UPDATE TO shop.v DO INSTEAD ( SELECT 1 AS "?column?";
 SELECT 2 AS "?column?";
);


--
-- TOC entry 3374 (class 2620 OID 17204)
-- Name: t trg; Type: TRIGGER; Schema: shop; Owner: shop_owner
--

CREATE TRIGGER trg BEFORE INSERT ON shop.t FOR EACH ROW EXECUTE FUNCTION shop.f2();


--
-- TOC entry 3373 (class 2606 OID 17230)
-- Name: ref ref_t_fkey; Type: FK CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.ref
    ADD CONSTRAINT ref_t_fkey FOREIGN KEY (t) REFERENCES shop.t(id);


--
-- TOC entry 3524 (class 3256 OID 17253)
-- Name: t pol; Type: POLICY; Schema: shop; Owner: shop_owner
--

CREATE POLICY pol ON shop.t FOR SELECT TO "Odd ""role; -- x", reader USING ((v <> ';'::text));


--
-- TOC entry 3525 (class 3256 OID 17254)
-- Name: t pol2; Type: POLICY; Schema: shop; Owner: shop_owner
--

CREATE POLICY pol2 ON shop.t USING (true);


--
-- TOC entry 3523 (class 0 OID 17184)
-- Dependencies: 218
-- Name: t; Type: ROW SECURITY; Schema: shop; Owner: shop_owner
--

ALTER TABLE shop.t ENABLE ROW LEVEL SECURITY;

--
-- TOC entry 3526 (class 6104 OID 17255)
-- Name: pub; Type: PUBLICATION; Schema: -; Owner: postgres
--

CREATE PUBLICATION pub WITH (publish = 'insert, update, delete, truncate');


ALTER PUBLICATION pub OWNER TO postgres;

--
-- TOC entry 3527 (class 6106 OID 17256)
-- Name: pub t; Type: PUBLICATION TABLE; Schema: shop; Owner: postgres
--

ALTER PUBLICATION pub ADD TABLE ONLY shop.t;


--
-- TOC entry 3528 (class 6100 OID 17257)
-- Name: sub; Type: SUBSCRIPTION; Schema: -; Owner: postgres
--

CREATE SUBSCRIPTION sub CONNECTION 'host=x dbname=y' PUBLICATION pub WITH (connect = false, slot_name = 'sub');


ALTER SUBSCRIPTION sub OWNER TO postgres;

--
-- TOC entry 3555 (class 0 OID 0)
-- Dependencies: 3528
-- Name: SUBSCRIPTION sub; Type: COMMENT; Schema: -; Owner: postgres
--

COMMENT ON SUBSCRIPTION sub IS 'x';


--
-- TOC entry 3543 (class 0 OID 0)
-- Dependencies: 8
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner
--

REVOKE USAGE ON SCHEMA public FROM PUBLIC;


--
-- TOC entry 3544 (class 0 OID 0)
-- Dependencies: 7
-- Name: SCHEMA shop; Type: ACL; Schema: -; Owner: shop_owner
--

GRANT ALL ON SCHEMA shop TO group_a;


--
-- TOC entry 3547 (class 0 OID 0)
-- Dependencies: 218
-- Name: TABLE t; Type: ACL; Schema: shop; Owner: shop_owner
--

GRANT SELECT ON TABLE shop.t TO reader WITH GRANT OPTION;
GRANT SELECT ON TABLE shop.t TO "Odd ""role; -- x";
GRANT UPDATE ON TABLE shop.t TO PUBLIC;


--
-- TOC entry 3548 (class 0 OID 0)
-- Dependencies: 218 3547
-- Name: COLUMN t.id; Type: ACL; Schema: shop; Owner: shop_owner
--

GRANT INSERT(id) ON TABLE shop.t TO reader WITH GRANT OPTION;


--
-- TOC entry 3553 (class 0 OID 0)
-- Dependencies: 3536
-- Name: LARGE OBJECT 4711; Type: ACL; Schema: -; Owner: shop_owner
--

GRANT SELECT ON LARGE OBJECT 4711 TO reader;


--
-- TOC entry 2183 (class 826 OID 17373)
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: shop; Owner: shop_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT SELECT ON TABLES  TO reader;


--
-- TOC entry 2184 (class 826 OID 17374)
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: Odd "role; -- x
--

ALTER DEFAULT PRIVILEGES FOR ROLE "Odd ""role; -- x" REVOKE ALL ON FUNCTIONS  FROM PUBLIC;


--
-- TOC entry 3359 (class 3466 OID 17266)
-- Name: evt; Type: EVENT TRIGGER; Schema: -; Owner: postgres
--

CREATE EVENT TRIGGER evt ON ddl_command_start
   EXECUTE FUNCTION shop.evf();


ALTER EVENT TRIGGER evt OWNER TO postgres;

--
-- TOC entry 3532 (class 0 OID 17215)
-- Dependencies: 222 3539
-- Name: mv; Type: MATERIALIZED VIEW DATA; Schema: shop; Owner: postgres
--

REFRESH MATERIALIZED VIEW shop.mv;


-- Completed on 2026-12-01 03:43:42 UTC

--
-- PostgreSQL database dump complete
--

\unrestrict cb0MxUdf1NbNp8UraWfsxbwbVrOgKfPnrrFt4DRm9Hd2XY4rgXODbhYgCBeXsB7

