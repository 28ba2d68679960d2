-- A shop, as one grows over the years: the database that the demo and most tests protect.
--
--   createdb shop; psql -d shop -f shop.sql                       as a superuser, into an empty database
--   psql -d shop -v newest=2026-11-22 -f shop.sql                 the day of its newest order
--
-- About 105 000 rows, the same in every load: nothing here is random. It holds one of nearly everything that a dump can
-- hold, so that "it came back equal" means something.

\set ON_ERROR_STOP 1
\if :{?newest} \else \set newest 2026-11-22 \endif

SET TimeZone = 'UTC';
SET client_min_messages = warning;
SET check_function_bodies = on;
BEGIN;

-- ---------------------------------------------------------------- roles and the database itself

CREATE ROLE shop_owner NOLOGIN;
CREATE ROLE shop_app LOGIN PASSWORD 'app' CONNECTION LIMIT 50;
CREATE ROLE shop_report LOGIN PASSWORD 'report' IN ROLE pg_read_all_stats;
COMMENT ON ROLE shop_app IS 'the web application';

SELECT current_database() AS db \gset
ALTER DATABASE :"db" OWNER TO shop_owner;
COMMENT ON DATABASE :"db" IS 'the shop: customers, orders, stock';
ALTER DATABASE :"db" SET search_path = sales, catalog, public;
ALTER DATABASE :"db" SET TimeZone = 'Europe/Berlin';
ALTER ROLE shop_app IN DATABASE :"db" SET statement_timeout = '30s';
ALTER ROLE shop_report IN DATABASE :"db" SET default_transaction_read_only = on;
REVOKE CONNECT, TEMPORARY ON DATABASE :"db" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"db" TO shop_app, shop_report, pg_read_all_data;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE EXTENSION citext WITH SCHEMA public;
CREATE EXTENSION pg_trgm WITH SCHEMA public;
CREATE EXTENSION hstore WITH SCHEMA public;

SET ROLE shop_owner;
CREATE SCHEMA people;
CREATE SCHEMA catalog;
CREATE SCHEMA sales;
CREATE SCHEMA stock;
CREATE SCHEMA support;
COMMENT ON SCHEMA sales IS 'orders, what is in them, and how they were paid';
GRANT USAGE ON SCHEMA people, catalog, sales, stock, support TO shop_app, shop_report;
ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO shop_report;
ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT USAGE ON SEQUENCES TO shop_app;

-- ---------------------------------------------------------------- types and functions

CREATE TYPE sales.order_status AS ENUM ('placed', 'paid', 'packed', 'shipped', 'returned', 'cancelled');
CREATE TYPE people.address AS (street text, city text, postcode varchar(10), country char(2));
CREATE TYPE stock.temperature_range AS RANGE (subtype = numeric);
CREATE DOMAIN people.email AS public.citext CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+$');
CREATE DOMAIN sales.amount AS numeric(12,2) DEFAULT 0 CONSTRAINT not_negative CHECK (VALUE >= 0);
COMMENT ON DOMAIN sales.amount IS 'money, never negative';
CREATE COLLATION catalog.by_bytes (provider = libc, locale = 'C');

CREATE FUNCTION catalog.slug(title text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(regexp_replace(title, '[^A-Za-z0-9]+', '-', 'g'));

CREATE FUNCTION sales.with_tax(net numeric, rate numeric DEFAULT 0.19) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT round(net * (1 + rate), 2)';

CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.changed_at := statement_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION support.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO support.journal (what, who, row_before) VALUES (TG_TABLE_NAME || ' ' || TG_OP, session_user, to_jsonb(OLD));
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE PROCEDURE stock.close_month(month date) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stock.movement SET closed = true WHERE moved_on >= month AND moved_on < month + interval '1 month';
END $$;

CREATE AGGREGATE sales.product_of(numeric) (SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1');

-- ---------------------------------------------------------------- people

CREATE TABLE people.customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email people.email NOT NULL UNIQUE,
    home people.address,
    tags text[] NOT NULL DEFAULT '{}',
    preferences public.hstore,
    born date CHECK (born > '1900-01-01'),
    referred_by bigint REFERENCES people.customer ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE people.customer IS 'everyone who ever ordered';
COMMENT ON COLUMN people.customer.referred_by IS 'who brought them; may be named before they are there';

INSERT INTO people.customer (name, email, home, tags, preferences, born, referred_by, changed_at)
SELECT (ARRAY['Ada','Bruno','Çelik','Dörte','Émile','Fatou','Grace','Håkon','Inès','João','Katarína','Łukasz'])[1 + i % 12] || ' ' ||
       (ARRAY['Adams','Brandt','O''Neill','de la Cruz','Müller','Nguyễn','Павлов','Rossi','Şahin','Tanaka','van Dijk'])[1 + i % 11],
       'customer' || i || '@example.org',
       ROW(i % 97 + 1 || ' Market Street', (ARRAY['Köln','Porto','Oslo','Kraków','Gent'])[1 + i % 5], lpad((i * 37 % 99999)::text, 5, '0'), 'DE')::people.address,
       CASE WHEN i % 9 = 0 THEN ARRAY['wholesale', 'net 30'] WHEN i % 4 = 0 THEN ARRAY['newsletter'] ELSE '{}' END,
       CASE WHEN i % 3 = 0 THEN public.hstore('language', (ARRAY['de','pt','nb','pl','nl'])[1 + i % 5]) END,
       CASE WHEN i % 6 > 0 THEN date '1950-01-01' + (i * 13) % 20000 END,
       CASE WHEN i % 10 = 0 THEN i / 10 END,
       timestamptz :'newest' - make_interval(hours => i % 9000)
FROM generate_series(1, 4000) AS i;

-- An inheritance tree from before partitions were known.
CREATE TABLE people.staff (id serial PRIMARY KEY, name text NOT NULL, since date NOT NULL);
CREATE TABLE people.driver (licence varchar(4) NOT NULL, PRIMARY KEY (id)) INHERITS (people.staff);
CREATE TABLE people.manager (budget sales.amount, reports_to int REFERENCES people.manager, PRIMARY KEY (id)) INHERITS (people.staff);
INSERT INTO people.staff (name, since) SELECT 'Clerk ' || i, date '2015-01-01' + i * 30 FROM generate_series(1, 60) AS i;
INSERT INTO people.driver (name, since, licence) SELECT 'Driver ' || i, date '2018-01-01' + i * 40, 'C' || i % 2 FROM generate_series(1, 25) AS i;
INSERT INTO people.manager (name, since, budget) SELECT 'Manager ' || i, date '2012-01-01' + i * 90, i * 10000 FROM generate_series(1, 9) AS i;
UPDATE people.manager SET reports_to = (SELECT min(id) FROM people.manager) WHERE budget > 10000;

-- ---------------------------------------------------------------- catalogue

CREATE TABLE catalog.category (
    id smallint PRIMARY KEY,
    parent smallint REFERENCES catalog.category,
    title text NOT NULL COLLATE catalog.by_bytes
);
INSERT INTO catalog.category SELECT i, CASE WHEN i > 5 THEN 1 + i % 5 END, 'Category ' || i FROM generate_series(1, 30) AS i;

CREATE TABLE catalog.product (
    id integer GENERATED BY DEFAULT AS IDENTITY (START WITH 1000 INCREMENT BY 10) PRIMARY KEY,
    sku uuid NOT NULL UNIQUE,
    category smallint NOT NULL REFERENCES catalog.category,
    title text NOT NULL,
    slug text GENERATED ALWAYS AS (catalog.slug(title)) STORED,
    net sales.amount NOT NULL,
    gross numeric GENERATED ALWAYS AS (sales.with_tax(net)) STORED,
    weight double precision,
    keep_at stock.temperature_range,
    details jsonb NOT NULL DEFAULT '{}',
    photo bytea,
    manual oid,
    discontinued boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO catalog.product (sku, category, title, net, weight, keep_at, details, photo, discontinued, changed_at)
SELECT md5('sku' || i)::uuid, 1 + i % 30,
       (ARRAY['Oak','Steel','Linen','Glass','Wool'])[1 + i % 5] || ' ' || (ARRAY['table','lamp','chair','shelf','rug','mirror','desk'])[1 + i % 7] || ' No. ' || i,
       (i * 7919 % 90000) / 100.0 + 4.99,
       CASE i % 50 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE (i * 31 % 4000) / 100.0 END,
       CASE WHEN i % 40 = 0 THEN stock.temperature_range(2, 8 + i % 3) END,
       jsonb_build_object('colour', (ARRAY['natural','black','white'])[1 + i % 3], 'parts', i % 12, 'text', repeat('well made, ', i % 80)),
       CASE WHEN i % 5 = 0 THEN decode(repeat(md5('photo' || i), 40 + i % 60), 'hex') END,
       i % 17 = 0, timestamptz :'newest' - make_interval(hours => i * 3)
FROM generate_series(1, 1200) AS i;

-- Manuals are large objects.
UPDATE catalog.product SET manual = lo_from_bytea(0, convert_to(repeat('How to put together ' || title || E'.\n', 200 + id % 300), 'UTF8'))
WHERE id % 600 = 400;
DO $$
DECLARE manual oid;
BEGIN
    FOR manual IN SELECT p.manual FROM catalog.product AS p WHERE p.manual IS NOT NULL LOOP
        EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO shop_app', manual);
    END LOOP;
END $$;

CREATE INDEX product_title_words ON catalog.product USING gin (to_tsvector('simple', title));
CREATE INDEX product_title_like ON catalog.product USING gin (title public.gin_trgm_ops);
CREATE INDEX product_details ON catalog.product USING gin (details jsonb_path_ops);
CREATE INDEX product_on_sale ON catalog.product (category, net DESC NULLS LAST) INCLUDE (title) WHERE NOT discontinued;
CREATE UNIQUE INDEX product_slug ON catalog.product (lower(slug));
CREATE STATISTICS catalog.product_category_price (dependencies, ndistinct) ON category, net FROM catalog.product;
COMMENT ON INDEX catalog.product_slug IS 'addresses of the pages';

-- No two campaigns for one product at a time.
CREATE TABLE catalog.campaign (
    product integer NOT NULL REFERENCES catalog.product ON DELETE CASCADE,
    runs daterange NOT NULL,
    off numeric(3,2) NOT NULL CHECK (off > 0 AND off < 1),
    CONSTRAINT one_at_a_time EXCLUDE USING gist (int4range(product, product, '[]') WITH &&, runs WITH &&)
);
INSERT INTO catalog.campaign
SELECT 1000 + 10 * (i % 300), daterange((date '2026-01-01' + i / 300 * 20), (date '2026-01-15' + i / 300 * 20)), 0.05 + i % 9 / 20.0
FROM generate_series(0, 899) AS i;

-- ---------------------------------------------------------------- orders, one partition a month

CREATE SEQUENCE sales.invoice_number START 700001;
CREATE TABLE sales.orders (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    placed_at timestamptz NOT NULL,
    customer bigint NOT NULL REFERENCES people.customer,
    status sales.order_status NOT NULL DEFAULT 'placed',
    invoice text NOT NULL DEFAULT 'INV-' || nextval('sales.invoice_number'),
    ship_to people.address,
    note text,
    PRIMARY KEY (id, placed_at)
) PARTITION BY RANGE (placed_at);
COMMENT ON TABLE sales.orders IS 'one partition a month; what is older than a year is in orders_older';

SELECT format('CREATE TABLE sales.%I PARTITION OF sales.orders FOR VALUES FROM (%L) TO (%L)',
              'orders_' || to_char(first, 'YYYY_MM'), first, first + interval '1 month')
FROM generate_series(date_trunc('month', timestamptz :'newest') - interval '11 months', date_trunc('month', timestamptz :'newest'), '1 month') AS first \gexec
CREATE TABLE sales.orders_older PARTITION OF sales.orders DEFAULT;

INSERT INTO sales.orders (placed_at, customer, status, ship_to, note)
SELECT timestamptz :'newest' - make_interval(mins => (18000 - i) * 31),
       1 + i * 7919 % 4000,
       CASE WHEN i > 17900 THEN 'placed' WHEN i > 17700 THEN 'paid' WHEN i % 41 = 0 THEN 'returned' WHEN i % 53 = 0 THEN 'cancelled'
            ELSE 'shipped' END::sales.order_status,
       CASE WHEN i % 15 = 0 THEN ROW('Parcel box ' || i % 200, 'Bonn', '53111', 'DE')::people.address END,
       CASE WHEN i % 100 = 0 THEN E'Please ring twice.\n\tThe dog is friendly; the "cat" is not \\ really.' END
FROM generate_series(1, 18000) AS i;

CREATE TABLE sales.order_items (
    order_id bigint NOT NULL,
    placed_at timestamptz NOT NULL,
    line smallint NOT NULL,
    product integer NOT NULL REFERENCES catalog.product,
    quantity integer NOT NULL CHECK (quantity > 0),
    price sales.amount NOT NULL,
    total numeric GENERATED ALWAYS AS (quantity * price) STORED,
    PRIMARY KEY (order_id, line),
    FOREIGN KEY (order_id, placed_at) REFERENCES sales.orders (id, placed_at) ON DELETE CASCADE
);
INSERT INTO sales.order_items
SELECT o.id, o.placed_at, line, 1000 + 10 * ((o.id * 13 + line * 101) % 1200), 1 + (o.id + line) % 3, (o.id * 31 % 9000) / 100.0 + 1
FROM sales.orders AS o, generate_series(1, 1 + (o.id % 4)::int) AS line;
CREATE INDEX order_items_product ON sales.order_items (product);
CREATE INDEX orders_customer ON sales.orders (customer, placed_at DESC);
CREATE INDEX orders_open ON sales.orders (status) WHERE status IN ('placed', 'paid');

CREATE TABLE sales.payment (
    id serial PRIMARY KEY,
    order_id bigint NOT NULL,
    placed_at timestamptz NOT NULL,
    paid numeric(12,2) NOT NULL,
    method text NOT NULL,
    FOREIGN KEY (order_id, placed_at) REFERENCES sales.orders (id, placed_at)
);
INSERT INTO sales.payment (order_id, placed_at, paid, method)
SELECT o.id, o.placed_at, sum(i.total), (ARRAY['card','invoice','transfer'])[1 + o.id % 3]
FROM sales.orders AS o JOIN sales.order_items AS i ON i.order_id = o.id WHERE o.status NOT IN ('placed', 'cancelled')
GROUP BY o.id, o.placed_at ORDER BY o.id;
-- Old refunds break it, so it holds for what is new.
UPDATE sales.payment SET paid = -paid WHERE id % 500 = 0;
ALTER TABLE sales.payment ADD CONSTRAINT payment_positive CHECK (paid > 0) NOT VALID;
ALTER TABLE sales.payment ADD CONSTRAINT payment_method CHECK (method IN ('card', 'invoice', 'transfer'));

-- ---------------------------------------------------------------- stock, one partition a warehouse

CREATE TABLE stock.movement (
    warehouse text NOT NULL,
    moved_on date NOT NULL,
    product integer NOT NULL REFERENCES catalog.product,
    pieces integer NOT NULL,
    closed boolean NOT NULL DEFAULT false
) PARTITION BY LIST (warehouse);
CREATE TABLE stock.movement_koeln PARTITION OF stock.movement FOR VALUES IN ('Köln', 'Bonn');
CREATE TABLE stock.movement_porto PARTITION OF stock.movement FOR VALUES IN ('Porto') PARTITION BY RANGE (moved_on);
CREATE TABLE stock.movement_porto_old PARTITION OF stock.movement_porto FOR VALUES FROM (MINVALUE) TO ('2026-07-01');
CREATE TABLE stock.movement_porto_new PARTITION OF stock.movement_porto FOR VALUES FROM ('2026-07-01') TO (MAXVALUE);
CREATE TABLE stock.movement_elsewhere PARTITION OF stock.movement DEFAULT;
INSERT INTO stock.movement
SELECT (ARRAY['Köln','Bonn','Porto','Oslo'])[1 + i % 4], date '2026-01-01' + i % 320, 1000 + 10 * (i * 17 % 1200), i % 41 - 20
FROM generate_series(1, 12000) AS i;
CREATE INDEX movement_product ON stock.movement USING brin (moved_on);
CREATE TABLE stock.inbox (scanned text, at timestamptz DEFAULT now());
CREATE UNLOGGED TABLE stock.scan_cache (code text PRIMARY KEY, product integer);
INSERT INTO stock.scan_cache SELECT '40' || id, id FROM catalog.product WHERE id % 100 = 0;

-- ---------------------------------------------------------------- support

CREATE SEQUENCE support.ticket_number START 5000 INCREMENT 1;
CREATE SEQUENCE support.window_number MINVALUE 1 MAXVALUE 9 CYCLE;
CREATE SEQUENCE support.countdown INCREMENT -1 START -1;
CREATE TABLE support.ticket (
    number bigint PRIMARY KEY DEFAULT nextval('support.ticket_number'),
    place integer NOT NULL DEFAULT nextval('support.countdown'),
    customer bigint REFERENCES people.customer ON UPDATE CASCADE,
    at_window smallint NOT NULL DEFAULT nextval('support.window_number'),
    agent name NOT NULL,
    subject text NOT NULL,
    opened timestamp NOT NULL,
    closed timestamptz DEFAULT 'infinity',
    seen_from inet,
    took interval
);
INSERT INTO support.ticket (customer, agent, subject, opened, closed, seen_from, took)
SELECT i * 3 % 4000 + 1, (ARRAY['shop_app','shop_report'])[1 + i % 2], 'Where is order ' || i * 9 || '?',
       timestamp '2026-01-01' + make_interval(hours => i * 4), CASE WHEN i % 7 > 0 THEN timestamptz '2026-01-02' + make_interval(hours => i * 4) END,
       ('10.0.' || i % 250 || '.' || i % 199)::inet, make_interval(mins => i % 90)
FROM generate_series(1, 2000) AS i;
ALTER TABLE support.ticket ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tickets ON support.ticket TO shop_app USING (agent = current_user) WITH CHECK (agent = current_user);
CREATE POLICY only_open ON support.ticket AS RESTRICTIVE FOR DELETE TO shop_app USING (closed = 'infinity');
CREATE POLICY report_all ON support.ticket FOR SELECT TO shop_report USING (true);
COMMENT ON POLICY own_tickets ON support.ticket IS 'an agent sees what is theirs';

CREATE TABLE support.journal (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL,
    who name NOT NULL,
    row_before jsonb
);
ALTER TABLE support.journal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY append ON support.journal FOR INSERT WITH CHECK (true);
INSERT INTO support.journal (at, what, who, row_before)
SELECT timestamptz :'newest' - make_interval(mins => 12000 - i), 'orders UPDATE', 'shop_app', jsonb_build_object('id', i, 'status', 'placed')
FROM generate_series(1, 12000) AS i;

-- Somebody once imported a spreadsheet.
CREATE TABLE public."Order Item's" (
    "Nº" integer,
    "Straße, Hausnr." text,
    "with.dot" text DEFAULT 'a;b',
    "select" boolean,
    "He said ""hi""" text,
    PRIMARY KEY ("Nº")
);
INSERT INTO public."Order Item's" SELECT i, 'Ünter den Linden ' || i, NULL, i % 2 = 0, '' FROM generate_series(1, 300) AS i;
CREATE INDEX "index with spaces" ON public."Order Item's" (("with.dot" || "He said ""hi"""));
CREATE TABLE public.legacy (id serial PRIMARY KEY, dropped_later text, code char(8), bits bit varying(12), at time with time zone, price money);
INSERT INTO public.legacy (dropped_later, code, bits, at, price)
SELECT 'x', lpad(i::text, 8, '0'), (i % 4096)::bit(12), '12:30:00+02', i * 1.5 FROM generate_series(1, 700) AS i;
ALTER TABLE public.legacy DROP COLUMN dropped_later;
CREATE TABLE public.nothing ();

SET CONSTRAINTS ALL IMMEDIATE;

-- ---------------------------------------------------------------- views, rules, triggers, publications

CREATE VIEW sales.open_orders WITH (security_barrier) AS
    SELECT o.id, o.placed_at, c.name, sum(i.total) AS total
    FROM sales.orders AS o JOIN people.customer AS c ON c.id = o.customer JOIN sales.order_items AS i ON i.order_id = o.id
    WHERE o.status IN ('placed', 'paid') GROUP BY o.id, o.placed_at, c.name;
CREATE RECURSIVE VIEW catalog.category_path (id, path) AS
    SELECT id, title::text FROM catalog.category WHERE parent IS NULL
    UNION ALL
    SELECT c.id, p.path || ' / ' || c.title FROM catalog.category AS c JOIN category_path AS p ON p.id = c.parent;
CREATE MATERIALIZED VIEW sales.by_month AS
    SELECT date_trunc('month', o.placed_at, 'UTC') AS month, p.category, count(*) AS lines, sum(i.total) AS total
    FROM sales.orders AS o JOIN sales.order_items AS i ON i.order_id = o.id JOIN catalog.product AS p ON p.id = i.product
    GROUP BY 1, 2;
CREATE UNIQUE INDEX by_month_key ON sales.by_month (month, category);
CREATE MATERIALIZED VIEW sales.by_year AS SELECT date_trunc('year', month, 'UTC') AS year, sum(total) AS total FROM sales.by_month GROUP BY 1
    WITH NO DATA;
CREATE VIEW stock.to_scan AS SELECT scanned FROM stock.inbox;
CREATE RULE scan AS ON INSERT TO stock.to_scan DO INSTEAD INSERT INTO stock.inbox (scanned) VALUES (upper(NEW.scanned));

CREATE TRIGGER customer_touch BEFORE UPDATE ON people.customer FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION public.touch();
CREATE TRIGGER product_touch BEFORE UPDATE ON catalog.product FOR EACH ROW EXECUTE FUNCTION public.touch();
CREATE TRIGGER orders_journal AFTER UPDATE OR DELETE ON sales.orders FOR EACH ROW EXECUTE FUNCTION support.record();
CREATE TRIGGER payment_journal AFTER DELETE ON sales.payment FOR EACH ROW EXECUTE FUNCTION support.record();
CREATE CONSTRAINT TRIGGER ticket_later AFTER INSERT ON support.ticket DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.customer IS NULL) EXECUTE FUNCTION support.record();
ALTER TABLE sales.payment DISABLE TRIGGER payment_journal;
ALTER TABLE support.ticket ENABLE ALWAYS TRIGGER ticket_later;
ALTER TABLE people.customer ALTER COLUMN name SET STATISTICS 500;
ALTER TABLE sales.payment SET (fillfactor = 80, autovacuum_enabled = false);
ALTER TABLE people.customer CLUSTER ON customer_pkey, REPLICA IDENTITY USING INDEX customer_pkey;
CREATE PUBLICATION shop_feed FOR TABLE people.customer (id, name, email), sales.payment WHERE (paid > 100);

-- ---------------------------------------------------------------- who may do what

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA people, catalog, sales, stock, support TO shop_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA people, catalog, sales, stock, support TO shop_app;
REVOKE UPDATE, DELETE ON support.journal FROM shop_app;
GRANT SELECT (id, name), UPDATE (name) ON people.customer TO shop_report;
GRANT SELECT ON catalog.product, sales.by_month TO shop_report WITH GRANT OPTION;
GRANT SELECT ON support.ticket TO shop_report;
REVOKE EXECUTE ON FUNCTION support.record() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE stock.close_month(date) TO shop_app;
REVOKE USAGE ON TYPE sales.order_status FROM PUBLIC;
GRANT USAGE ON TYPE sales.order_status TO shop_app, shop_report;

RESET ROLE;
COMMIT;
ANALYZE;
