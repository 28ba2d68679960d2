--
-- PostgreSQL database dump
--
CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
COPY a FROM stdin;
1
\.
SELECT E'a\'', $a$;$a$, U&"x" /* /* */ */;
GRANT ALL ON a TO b, GROUP c;
-- PostgreSQL database dump complete
