--
-- PostgreSQL database dump
--
\restrict K
DROP DATABASE a;
CREATE DATABASE a;
\connect a
SET standard_conforming_strings = off;
SELECT 'a\'\x';
SELECT * FROM pg_catalog.pg_restore_relation_stats(1);
SET default_tablespace = b;
-- PostgreSQL database dump complete
