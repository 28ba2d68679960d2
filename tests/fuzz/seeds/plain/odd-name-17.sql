--
-- PostgreSQL database dump
--

\restrict Ta7ouc27RqKa6spF3OPU58GxpoT2WKyrvyXkzyusSEgbeaUTpp34SvrHvydFX5m

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
-- Name: a'b\c"d e; Type: DATABASE; Schema: -; Owner: postgres
--

CREATE DATABASE "a'b\c""d e" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8';


ALTER DATABASE "a'b\c""d e" OWNER TO postgres;

\unrestrict Ta7ouc27RqKa6spF3OPU58GxpoT2WKyrvyXkzyusSEgbeaUTpp34SvrHvydFX5m
\encoding SQL_ASCII
\connect -reuse-previous=on "dbname='a\'b\\c""d e'"
\restrict Ta7ouc27RqKa6spF3OPU58GxpoT2WKyrvyXkzyusSEgbeaUTpp34SvrHvydFX5m

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
-- PostgreSQL database dump complete
--

\unrestrict Ta7ouc27RqKa6spF3OPU58GxpoT2WKyrvyXkzyusSEgbeaUTpp34SvrHvydFX5m

