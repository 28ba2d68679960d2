-- About 1 GB with its indexes at scale 1: twelve tables of every size, as a business has them.
--   psql -d medium -v scale=0.1 -f medium.sql    the same in every load

\set ON_ERROR_STOP 1
\if :{?scale} \else \set scale 1 \endif
CREATE FUNCTION pg_temp.many(rows numeric) RETURNS SETOF int LANGUAGE sql AS 'SELECT generate_series(1, greatest(rows, 1)::int)';
BEGIN;
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL, city text, since date);
INSERT INTO customer SELECT i, 'Customer ' || md5('n' || i), 'c' || i || '@example.org', 'City ' || i % 911, date '2010-01-01' + i % 5000
FROM pg_temp.many(200000 * :scale) AS i;

CREATE TABLE product (id int PRIMARY KEY, sku uuid NOT NULL, title text NOT NULL, description text, price numeric(10,2));
INSERT INTO product SELECT i, md5('p' || i)::uuid, 'Product ' || i, repeat(md5('d' || i) || ' ', 4 + i % 12), (i * 7919 % 100000) / 100.0
FROM pg_temp.many(60000 * :scale) AS i;

CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, placed timestamptz NOT NULL, state text NOT NULL, total numeric(12,2), note text);
INSERT INTO orders SELECT i, 1 + (i::bigint * 7919) % greatest((200000 * :scale)::int, 1), timestamptz '2024-01-01 00:00+00' + make_interval(secs => i * 40),
       (ARRAY['placed','paid','shipped','returned'])[1 + i % 4], (i::bigint * 31 % 100000) / 100.0, CASE WHEN i % 8 = 0 THEN 'note ' || md5('o' || i) END
FROM pg_temp.many(1550000 * :scale) AS i;

CREATE TABLE item (orders bigint NOT NULL, line smallint NOT NULL, product int NOT NULL, quantity int NOT NULL, price numeric(10,2) NOT NULL);
INSERT INTO item SELECT i, line, 1 + (i::bigint * 13 + line * 101) % greatest((60000 * :scale)::int, 1), 1 + (i + line) % 5, (i::bigint * 17 % 20000) / 100.0
FROM pg_temp.many(1550000 * :scale) AS i, generate_series(1, 2) AS line;

CREATE TABLE payment (id bigint GENERATED ALWAYS AS IDENTITY, orders bigint NOT NULL, paid numeric(12,2) NOT NULL, method text NOT NULL, reference uuid);
INSERT INTO payment (orders, paid, method, reference)
SELECT i, (i::bigint * 31 % 100000) / 100.0, (ARRAY['card','invoice','transfer'])[1 + i % 3], md5('r' || i)::uuid FROM pg_temp.many(1100000 * :scale) AS i;

CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, kind text NOT NULL, payload jsonb NOT NULL);
INSERT INTO event (at, kind, payload)
SELECT timestamptz '2026-01-01 00:00+00' + make_interval(secs => i * 9), 'kind ' || i % 23,
       jsonb_build_object('session', md5('s' || i / 20), 'page', '/product/' || i % 60000, 'ms', i % 977, 'agent', 'browser ' || i % 41)
FROM pg_temp.many(1350000 * :scale) AS i;

CREATE TABLE document (id int PRIMARY KEY, body text NOT NULL, scan bytea);
INSERT INTO document SELECT i, repeat('Dear customer ' || i || ', ' || md5('b' || i) || E'\n', 20 + i % 150),
       CASE WHEN i % 4 = 0 THEN decode(repeat(md5('x' || i) || md5('y' || i), 30 + i % 50), 'hex') END
FROM pg_temp.many(25000 * :scale) AS i;

SELECT format('CREATE TABLE lookup_%s AS SELECT i AS id, md5(%L || i) AS code FROM generate_series(1, 500) AS i;
               ALTER TABLE lookup_%s ADD PRIMARY KEY (id)', n, n, n) FROM generate_series(1, 5) AS n \gexec

ALTER TABLE item ADD PRIMARY KEY (orders, line);
ALTER TABLE payment ADD PRIMARY KEY (id);
ALTER TABLE event ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX customer_email ON customer (email);
CREATE INDEX customer_city ON customer (city);
CREATE UNIQUE INDEX product_sku ON product (sku);
CREATE INDEX orders_customer ON orders (customer);
CREATE INDEX orders_placed ON orders (placed);
CREATE INDEX item_product ON item (product);
CREATE INDEX payment_orders ON payment (orders);
CREATE INDEX event_kind_at ON event (kind, at);
ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customer;
ALTER TABLE item ADD FOREIGN KEY (orders) REFERENCES orders, ADD FOREIGN KEY (product) REFERENCES product;
ALTER TABLE payment ADD FOREIGN KEY (orders) REFERENCES orders;
COMMIT;
ANALYZE;
