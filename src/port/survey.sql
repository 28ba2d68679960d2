-- What a survey asks. port/survey_sql.c takes this file apart:
--   a line "-- query: NAME" or "-- class: NAME" begins a query, ended by ';';
--   a line that ends in "-- 15+" or "-- <15" counts only for servers of major 15 and newer, or older than 15;
--   $name(...), $acl(...), $ours(...) and $comment(...) are spelled out from the table there.
-- Every class gives the object's name first and then its keys, by the names of the columns. All names are
-- found in pg_catalog and nowhere else: the sessions run with an empty search_path.

-- query: identity
SELECT d.datname,
       d.oid::int8,
       pg_catalog.pg_is_in_recovery(),
       CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
            THEN (SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() s) END,
       pg_catalog.pg_encoding_to_char(d.encoding),
       CASE d.datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END, -- 15+
       'libc', -- <15
       d.datcollate,
       d.datctype,
       d.datlocale, -- 17+
       to_jsonb(d) ->> 'daticulocale', -- <17
       to_jsonb(d) ->> 'datcollversion',
       pg_catalog.pg_get_userbyid(d.datdba),
       pg_catalog.shobj_description(d.oid, 'pg_database'),
       (SELECT string_agg(g, E'\n' ORDER BY g COLLATE "C")
          FROM unnest(string_to_array($acl(d.datacl, 'd', d.datdba), '; ')) g),
       d.datconnlimit,
       pg_catalog.pg_database_size(d.oid),
       -- as an application's session finds it, not the role that we log in by
       coalesce((SELECT lower(split_part(c, '=', 2)) IN ('on', 'true', 'yes', '1', 't', 'y')
                   FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
                  WHERE s.setdatabase = d.oid AND s.setrole = 0 AND c LIKE 'default\_transaction\_read\_only=%'),
                (SELECT s.setting = 'on' AND s.source NOT IN ('user', 'database user', 'client', 'session')
                   FROM pg_catalog.pg_settings s WHERE s.name = 'default_transaction_read_only')),
       floor(extract(epoch FROM clock_timestamp()))::int8
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database();

-- query: settings
SELECT CASE WHEN s.setrole = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(s.setrole)::text END || E'\t' || c
  FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
 WHERE s.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database());

-- ALTER ROLE ALL SET is the server's and in no dump; sessions of the application have it.
-- query: settings of all
SELECT c FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setdatabase = 0 AND s.setrole = 0;

-- With the relations that hang on what each of them brought, the first few by name: by a column's type, an index, a view's query.
-- query: extensions
SELECT e.extname, e.extversion, n.nspname, u.relations
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
  LEFT JOIN (SELECT x.ext, count(*) || CASE count(*) WHEN 1 THEN ' relation: ' ELSE ' relations: ' END
                           || array_to_string((array_agg(x.name ORDER BY x.name COLLATE "C"))[1:10], ', ')
                           || CASE WHEN count(*) > 10 THEN ', ...' ELSE '' END AS relations
               FROM (SELECT DISTINCT m.refobjid AS ext, $name(cn.nspname, c.relname) AS name
                       FROM pg_catalog.pg_depend m
                       JOIN pg_catalog.pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid
                       LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
                       LEFT JOIN pg_catalog.pg_index i ON d.classid = 'pg_catalog.pg_class'::regclass AND i.indexrelid = d.objid
                       JOIN pg_catalog.pg_class c ON c.oid = coalesce(w.ev_class, i.indrelid, d.objid)
                       JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
                      WHERE m.refclassid = 'pg_catalog.pg_extension'::regclass AND m.deptype = 'e'
                        AND d.classid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_rewrite'::regclass)
                        AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND $ours(pg_class, c.oid, cn.nspname)) x
              GROUP BY x.ext) u ON u.ext = e.oid;

-- query: roles
SELECT r.rolname,
       concat_ws(' ',
                 CASE WHEN r.rolbypassrls THEN 'bypassrls' END,
                 CASE WHEN r.rolconnlimit >= 0 THEN 'connections=' || r.rolconnlimit END,
                 CASE WHEN r.rolcreatedb THEN 'createdb' END,
                 CASE WHEN r.rolcreaterole THEN 'createrole' END,
                 CASE WHEN r.rolinherit THEN 'inherit' END,
                 CASE WHEN r.rolcanlogin THEN 'login' END,
                 CASE WHEN r.rolreplication THEN 'replication' END,
                 CASE WHEN r.rolsuper THEN 'superuser' END,
                 CASE WHEN r.rolvaliduntil IS NOT NULL
                      THEN 'until=' || translate(r.rolvaliduntil::text, ' ', 'T') END),
       m.groups,
       s.settings,
       m.memberships
  FROM pg_catalog.pg_roles r
  -- a membership may have been granted by several: what one of them allows is allowed
  LEFT JOIN (SELECT a.member, array_to_string(array_agg(a.group_name), E'\n') AS groups,
                    array_to_string(array_agg(a.group_name || E'\t' || a.options), E'\n') AS memberships
               FROM (SELECT g.member, pg_catalog.pg_get_userbyid(g.roleid)::text AS group_name,
                            concat_ws(' ', CASE WHEN bool_or(g.inherit_option) THEN 'inherit' END, -- 16+
                                           CASE WHEN bool_or(g.set_option) THEN 'set' END) AS options -- 16+
                            NULL::text AS options -- <16
                       FROM pg_catalog.pg_auth_members g GROUP BY g.member, g.roleid) a
              GROUP BY a.member) m ON m.member = r.oid
  LEFT JOIN (SELECT d.setrole, string_agg(c, E'\n' ORDER BY c COLLATE "C") AS settings
               FROM pg_catalog.pg_db_role_setting d, unnest(d.setconfig) c
              WHERE d.setdatabase = 0 GROUP BY d.setrole) s ON s.setrole = r.oid
 WHERE r.rolname !~ '^pg_';

-- What pg_dump leaves out, each with the reason.
-- query: not dumped
SELECT 'subscription ' || quote_ident(s.subname) || ': pg_dump leaves subscriptions to superusers'
  FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
 WHERE d.datname = pg_catalog.current_database()
   AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
UNION ALL
SELECT 'index ' || $name(n.nspname, c.relname) || ': it is invalid, left behind by a CREATE INDEX CONCURRENTLY that failed'
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT (i.indisready AND (i.indisvalid OR t.relkind = 'p')) AND $ours(pg_class, t.oid, n.nspname)
UNION ALL
SELECT 'function ' || $name(n.nspname, p.proname) || ': pg_dump takes what is in pg_catalog for the server''s own'
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname IN ('pg_catalog', 'information_schema') AND p.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT 'user mapping for ' || quote_ident(u.usename) || ' on server ' || quote_ident(u.srvname)
       || ': its options, if any, are shown to its owner only'
  FROM pg_catalog.pg_user_mappings u WHERE u.umoptions IS NULL
UNION ALL
SELECT 'tablespace ' || quote_ident(t.spcname) || ': make it before a recovery, or what is in it goes where all else is'
  FROM pg_catalog.pg_tablespace t
 WHERE t.oid >= 16384
   AND (EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.reltablespace = t.oid)
        OR EXISTS (SELECT FROM pg_catalog.pg_database d
                    WHERE d.datname = pg_catalog.current_database() AND d.dattablespace = t.oid))
UNION ALL
SELECT 'rows of table ' || $name(n.nspname, c.relname)
       || CASE WHEN c.reltuples > 0 THEN ' (about ' || c.reltuples::int8 || ')' ELSE '' END
       || ': extension ' || quote_ident(e.extname) || ' does not say that they are the user''s'
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  JOIN pg_catalog.pg_class c ON c.oid = d.objid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
   AND c.relkind = 'r' AND (c.relpages > 0 OR c.reltuples > 0) AND (e.extconfig IS NULL OR c.oid <> ALL (e.extconfig));

-- Relations with rows of their own, or whose rows are elsewhere. Extension members only where the extension
-- says that the rows are the user's (configuration tables).
-- query: relations
SELECT $name(n.nspname, c.relname),
       c.relkind,
       c.relpersistence,
       greatest(c.relpages, 0)::int8 * current_setting('block_size')::int8,
       x.condition IS NOT NULL,
       pg_catalog.pg_is_in_recovery()
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN (SELECT r.oid, coalesce(e.extcondition[r.i], '') AS condition
               FROM pg_catalog.pg_extension e, unnest(e.extconfig) WITH ORDINALITY r (oid, i)) x ON x.oid = c.oid
 WHERE c.relkind IN ('r', 'm', 'f') AND c.relpersistence <> 't'
   AND (x.condition IS NOT NULL OR $ours(pg_class, c.oid, n.nspname));

-- How the rows of each table can be hashed: its columns by name, but for what is made of others, and whether every one of
-- them is of a type that hashes by its value alone (an enum does it by its OID) and alike on every server.
-- query: columns
SELECT $name(n.nspname, c.relname),
       coalesce(a.columns, ''),
       coalesce(a.by_value, false) -- 14+
       false -- <14
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN (SELECT a.attrelid,
                    string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C") AS columns,
                    bool_and(coalesce(b.oid, t.oid) IN ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype,
                                 'uuid'::regtype, 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype,
                                 'bytea'::regtype, 'numeric'::regtype)
                             OR (coalesce(b.oid, t.oid) IN ('text'::regtype, 'varchar'::regtype)
                                 AND l.collisdeterministic)) AS by_value
               FROM pg_catalog.pg_attribute a
               JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
               LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
               LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
              WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' GROUP BY a.attrelid) a ON a.attrelid = c.oid
 WHERE c.relkind = 'r' AND c.relpersistence <> 't'
   AND (EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig)) OR $ours(pg_class, c.oid, n.nspname));

-- query: conditions
SELECT $name(n.nspname, c.relname), coalesce(e.extcondition[r.i], '')
  FROM pg_catalog.pg_extension e, unnest(e.extconfig) WITH ORDINALITY r (oid, i)
  JOIN pg_catalog.pg_class c ON c.oid = r.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;

-- How many bytes a row's long values are as text, where some may be so long that they cannot be dumped (a bytea is twice as
-- long): of tables with much outside of their own pages. What compresses well is longer than it looks, and not asked for.
-- query: widths
SELECT $name(n.nspname, c.relname),
       string_agg(format('coalesce(pg_catalog.octet_length(%I)%s::pg_catalog.int8, 0)', a.attname,
                         CASE WHEN coalesce(b.oid, y.oid) = 'bytea'::regtype THEN '::pg_catalog.int8 * 2' ELSE '' END), ' + ')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype
 WHERE c.relkind = 'r' AND coalesce(b.oid, y.oid) IN ('bytea'::regtype, 'text'::regtype, 'varchar'::regtype)
   AND pg_catalog.pg_relation_size(c.reltoastrelid) > 256 * 1024 * 1024 AND $ours(pg_class, c.oid, n.nspname)
 GROUP BY n.nspname, c.relname;

-- query: sequences
SELECT $name(n.nspname, c.relname),
       s.seqincrement, s.seqmin, s.seqmax, s.seqcycle,
       pg_catalog.has_sequence_privilege(c.oid, 'SELECT'),
       c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery(),
       quote_ident(n.nspname)
  FROM pg_catalog.pg_sequence s
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relpersistence <> 't'
   AND (EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig))
        OR $ours(pg_class, c.oid, n.nspname));

-- Which columns take their values from which sequence: OWNED BY (or identity), a default that names it, or one
-- that spells it in a text. What a partition or child has from its parent is not said again. At last: where to look
-- for the values. Foreign tables are not touched: where one is among the partitions or children, the others are named.
-- query: feeds
WITH RECURSIVE fed AS (
    SELECT d.objid AS seq, d.refobjid AS rel, d.refobjsubid AS att
      FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
     WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
       AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid, f.adrelid, f.adnum
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid
      JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.refobjid
     WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
    UNION
    SELECT s.seqrelid, f.adrelid, f.adnum
      FROM (SELECT adrelid, adnum,
                   to_regclass(substring(pg_catalog.pg_get_expr(adbin, adrelid) FROM
                       'nextval\(\(?''((?:"[^"'']+"|[a-z_][\w$]*)\.(?:"[^"'']+"|[a-z_][\w$]*))''::text')) AS seq
              FROM pg_catalog.pg_attrdef) f
      JOIN pg_catalog.pg_sequence s ON s.seqrelid = f.seq
), named AS (
    SELECT fed.seq, fed.rel, a.attname,
           coalesce(b.oid, t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) AS whole
      FROM fed
      JOIN pg_catalog.pg_attribute a ON a.attrelid = fed.rel AND a.attnum = fed.att AND NOT a.attisdropped
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
), above AS (
    SELECT i.inhparent AS rel FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'f'
    UNION
    SELECT i.inhparent FROM above JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.rel
), below AS (
    SELECT above.rel AS root, above.rel FROM above
    UNION
    SELECT below.root, i.inhrelid FROM below JOIN pg_catalog.pg_inherits i ON i.inhparent = below.rel
)
SELECT $name(sn.nspname, sc.relname), $name(n.nspname, c.relname), quote_ident(f.attname), f.whole AND c.relkind IN ('r', 'p'),
       CASE WHEN f.rel NOT IN (SELECT rel FROM above) THEN $name(n.nspname, c.relname)
            ELSE (SELECT '(' || coalesce(string_agg('SELECT ' || quote_ident(f.attname) || ' FROM ONLY ' || $name(dn.nspname, d.relname),
                                                    ' UNION ALL ' ORDER BY d.oid),
                                         'SELECT NULL::pg_catalog.int8 AS ' || quote_ident(f.attname)) || ') local'
                    FROM below JOIN pg_catalog.pg_class d ON d.oid = below.rel AND d.relkind = 'r'
                    JOIN pg_catalog.pg_namespace dn ON dn.oid = d.relnamespace WHERE below.root = f.rel) END
  FROM named f
  JOIN pg_catalog.pg_class sc ON sc.oid = f.seq
  JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
  JOIN pg_catalog.pg_class c ON c.oid = f.rel
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN named p ON p.rel = i.inhparent
                    WHERE i.inhrelid = f.rel AND p.seq = f.seq AND p.attname = f.attname)
   AND c.relpersistence <> 't' AND sc.relpersistence <> 't'
 ORDER BY 1, 2, 3;

-- query: large objects
SELECT count(*), pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT')
  FROM pg_catalog.pg_largeobject_metadata;

-- A digest of every catalogue that a dump reads. Rows of temporary tables come and go and do not count;
-- what VACUUM and ANALYZE write in place leaves xmin and ctid as they are.
-- query: fingerprint
WITH f (h) AS (
    SELECT hashtextextended(c.xmin::text || c.ctid::text, 1) FROM pg_catalog.pg_class c WHERE c.relpersistence <> 't'
    UNION ALL
    SELECT hashtextextended(a.xmin::text || a.ctid::text, 2)
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE c.relpersistence <> 't'
    UNION ALL
    SELECT hashtextextended(t.xmin::text || t.ctid::text, 3)
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname !~ '^pg_(toast_)?temp_'
    UNION ALL
    SELECT hashtextextended(i.xmin::text || i.ctid::text, 4)
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE c.relpersistence <> 't'
    UNION ALL
    SELECT hashtextextended(f.xmin::text || f.ctid::text, 5)
      FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_class c ON c.oid = f.adrelid WHERE c.relpersistence <> 't'
    UNION ALL
    SELECT hashtextextended(f.xmin::text || f.ctid::text, 6)
      FROM pg_catalog.pg_constraint f LEFT JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
     WHERE coalesce(c.relpersistence, 'p') <> 't'
    UNION ALL
    SELECT hashtextextended(f.xmin::text || f.ctid::text, 7)
      FROM pg_catalog.pg_inherits f JOIN pg_catalog.pg_class c ON c.oid = f.inhrelid WHERE c.relpersistence <> 't'
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 8) FROM pg_catalog.pg_proc
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 9) FROM pg_catalog.pg_trigger
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 10) FROM pg_catalog.pg_rewrite
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 11) FROM pg_catalog.pg_policy
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 12) FROM pg_catalog.pg_enum
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 13) FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 14) FROM pg_catalog.pg_sequence
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 15) FROM pg_catalog.pg_extension
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 16) FROM pg_catalog.pg_default_acl
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 17) FROM pg_catalog.pg_statistic_ext
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 18) FROM pg_catalog.pg_publication
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 19) FROM pg_catalog.pg_publication_rel
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 20) FROM pg_catalog.pg_event_trigger
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 21) FROM pg_catalog.pg_operator
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 22) FROM pg_catalog.pg_cast
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 23) FROM pg_catalog.pg_collation
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 24) FROM pg_catalog.pg_aggregate
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 25) FROM pg_catalog.pg_ts_config
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 26) FROM pg_catalog.pg_ts_config_map
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 27) FROM pg_catalog.pg_ts_dict
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 28) FROM pg_catalog.pg_foreign_server
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 29) FROM pg_catalog.pg_foreign_table
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 30) FROM pg_catalog.pg_description
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 31) FROM pg_catalog.pg_db_role_setting
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 32) FROM pg_catalog.pg_range
    UNION ALL SELECT hashtextextended(xmin::text || ctid::text, 33) FROM pg_catalog.pg_partitioned_table
)
SELECT count(*) || ':' || coalesce(sum(h), 0) FROM f;

-- class: schema
SELECT quote_ident(n.nspname) AS name,
       quote_ident(pg_get_userbyid(n.nspowner)) AS owner,
       $acl(n.nspacl, 'n', n.nspowner) AS acl,
       $comment(pg_namespace, n.oid, 0) AS comment
  FROM pg_catalog.pg_namespace n
 WHERE $ours(pg_namespace, n.oid, n.nspname);

-- class: table
SELECT $name(n.nspname, c.relname) AS name,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' ELSE 'foreign table' END AS kind,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END AS persistence,
       a.amname AS "access method",
       CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'on' ELSE 'off' END AS "row security",
       CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'
            ELSE (SELECT 'index ' || quote_ident(x.relname) FROM pg_catalog.pg_index i
                    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                   WHERE i.indrelid = c.oid AND i.indisreplident) END AS "replica identity",
       $sorted(c.reloptions) AS options,
       $sorted(t.reloptions) AS "toast options",
       CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END AS "of type",
       (SELECT string_agg($name(pn.nspname, p.relname), ', ' ORDER BY i.inhseqno)
          FROM pg_catalog.pg_inherits i
          JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
         WHERE i.inhrelid = c.oid) AS inherits,
       CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS "~partition bound",
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS "~partition key",
       quote_ident(s.srvname) AS server,
       $options(f.ftoptions) AS "server options",
       quote_ident(pg_get_userbyid(c.relowner)) AS owner,
       $acl(c.relacl, 'r', c.relowner) AS acl,
       $comment(pg_class, c.oid, 0) AS comment
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
  LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid AND c.reltoastrelid <> 0
  LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
  LEFT JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
 WHERE c.relkind IN ('r', 'p', 'f') AND $ours(pg_class, c.oid, n.nspname);

-- The order counts only where nothing is inherited. What a partition's column is as identity depends on the major.
-- class: column
SELECT $name(n.nspname, c.relname) || '.' || quote_ident(a.attname) AS name,
       CASE WHEN h.inhrelid IS NULL THEN row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) END AS position,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attnotnull THEN 'yes' ELSE 'no' END AS "not null",
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS "~default",
       CASE WHEN c.relispartition THEN NULL WHEN a.attidentity = 'a' THEN 'always' WHEN a.attidentity = 'd' THEN 'by default' END
           AS identity,
       CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS generated,
       CASE WHEN a.attcollation <> t.typcollation THEN (SELECT $name(cn.nspname, co.collname) FROM pg_catalog.pg_collation co
            JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END AS collation,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage,
       nullif(a.attcompression, '') AS compression, -- 14+
       NULL AS compression, -- <14
       nullif(a.attstattarget, -1) AS "statistics target",
       $sorted(a.attoptions) AS options,
       $options(a.attfdwoptions) AS "server options",
       CASE WHEN a.attacl IS NOT NULL THEN $acl(a.attacl, 'c', c.relowner) END AS acl,
       m.description AS comment
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_description m
         ON m.objoid = a.attrelid AND m.classoid = 'pg_catalog.pg_class'::regclass AND m.objsubid = a.attnum
  LEFT JOIN (SELECT DISTINCT inhrelid FROM pg_catalog.pg_inherits) h ON h.inhrelid = a.attrelid
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
   AND $ours(pg_class, c.oid, n.nspname)
   AND (c.relkind <> 'c' OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
         WHERE e.classid = 'pg_catalog.pg_type'::regclass AND e.objid = c.reltype AND e.deptype = 'e'));

-- NOT NULL stands with the column: only from 18 on is it a constraint as well. The foreign keys that partitions have
-- from their parents get names by chance.
-- class: constraint
SELECT CASE WHEN k.conrelid <> 0 THEN $name(n.nspname, c.relname) ELSE $name(tn.nspname, t.typname) END
           || '.' || quote_ident(k.conname) AS name,
       CASE k.contype WHEN 'c' THEN 'check' WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
            WHEN 'f' THEN 'foreign key' ELSE 'exclusion' END AS type,
       CASE WHEN k.contype NOT IN ('c', 'x') THEN pg_catalog.pg_get_constraintdef(k.oid) END AS definition,
       CASE WHEN k.contype IN ('c', 'x') THEN pg_catalog.pg_get_constraintdef(k.oid) END AS "~definition",
       CASE WHEN k.convalidated THEN 'yes' ELSE 'no' END AS validated,
       CASE WHEN k.condeferred THEN 'initially deferred' WHEN k.condeferrable THEN 'yes' ELSE 'no' END AS deferrable,
       $comment(pg_constraint, k.oid, 0) AS comment
  FROM pg_catalog.pg_constraint k
  LEFT JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND k.conrelid <> 0
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_type t ON t.oid = k.contypid AND k.contypid <> 0
  LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
 WHERE k.contype IN ('c', 'p', 'u', 'f', 'x') AND (k.conrelid <> 0 OR k.contypid <> 0)
   AND NOT (k.contype = 'f' AND k.conparentid <> 0)
   AND (k.conrelid = 0 OR $ours(pg_class, c.oid, n.nspname))
   AND (k.contypid = 0 OR $ours(pg_type, t.oid, tn.nspname));

-- class: index
SELECT $name(n.nspname, c.relname) AS name,
       $name(n.nspname, t.relname) AS "table",
       a.amname AS method,
       concat_ws(', ', CASE WHEN i.indisprimary THEN 'primary' END, CASE WHEN i.indisunique THEN 'unique' END,
                 CASE WHEN i.indisexclusion THEN 'exclusion' END, CASE WHEN NOT i.indimmediate THEN 'deferrable' END,
                 CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'replica identity' END)
           AS properties,
       CASE WHEN i.indisvalid THEN 'yes' ELSE 'no' END AS valid,
       pg_catalog.pg_get_indexdef(i.indexrelid) AS "~definition",
       (SELECT $name(pn.nspname, p.relname) FROM pg_catalog.pg_inherits h
          JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = c.oid) AS "part of",
       s.targets AS "statistics targets",
       $comment(pg_class, c.oid, 0) AS comment
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_catalog.pg_am a ON a.oid = c.relam
  LEFT JOIN (SELECT attrelid, string_agg(attnum || '=' || attstattarget, ', ' ORDER BY attnum) AS targets
               FROM pg_catalog.pg_attribute WHERE attstattarget >= 0 GROUP BY attrelid) s ON s.attrelid = c.oid
 WHERE i.indisready AND (i.indisvalid OR t.relkind = 'p') AND t.relkind IN ('r', 'p', 'm')
   AND $ours(pg_class, t.oid, n.nspname);

-- class: trigger
SELECT $name(n.nspname, c.relname) || '.' || quote_ident(g.tgname) AS name,
       CASE g.tgenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' ELSE 'always' END AS enabled,
       pg_catalog.pg_get_triggerdef(g.oid) AS "~definition",
       $comment(pg_trigger, g.oid, 0) AS comment
  FROM pg_catalog.pg_trigger g
  JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE (NOT g.tgisinternal OR (g.tgparentid <> 0 AND g.tgconstraint = 0)) AND $ours(pg_class, c.oid, n.nspname);

-- class: event trigger
SELECT quote_ident(e.evtname) AS name,
       e.evtevent AS event,
       (SELECT string_agg(x, ', ' ORDER BY x COLLATE "C") FROM unnest(e.evttags) x) AS tags,
       e.evtfoid::regprocedure::text AS function,
       CASE e.evtenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' ELSE 'always' END AS enabled,
       quote_ident(pg_get_userbyid(e.evtowner)) AS owner,
       $comment(pg_event_trigger, e.oid, 0) AS comment
  FROM pg_catalog.pg_event_trigger e
 WHERE $free(pg_event_trigger, e.oid);

-- class: rule
SELECT $name(n.nspname, c.relname) || '.' || quote_ident(r.rulename) AS name,
       CASE r.ev_enabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' ELSE 'always' END AS enabled,
       pg_catalog.pg_get_ruledef(r.oid) AS "~definition",
       $comment(pg_rewrite, r.oid, 0) AS comment
  FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE r.rulename <> '_RETURN' AND $ours(pg_class, c.oid, n.nspname);

-- class: view
SELECT $name(n.nspname, c.relname) AS name,
       CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialised view' END AS kind,
       CASE WHEN c.relkind = 'm' THEN CASE WHEN c.relispopulated THEN 'yes' ELSE 'no' END END AS populated,
       $sorted(c.reloptions) AS options,
       a.amname AS "access method",
       pg_catalog.pg_get_viewdef(c.oid) AS "~definition",
       quote_ident(pg_get_userbyid(c.relowner)) AS owner,
       $acl(c.relacl, 'r', c.relowner) AS acl,
       $comment(pg_class, c.oid, 0) AS comment
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
 WHERE c.relkind IN ('v', 'm') AND $ours(pg_class, c.oid, n.nspname);

-- pg_dump gives an identity's sequence the type of its column, whatever it was, and with it the usual ends.
-- class: sequence
SELECT $name(n.nspname, c.relname) AS name,
       CASE WHEN o.identity THEN NULL ELSE pg_catalog.format_type(s.seqtypid, NULL) END AS type,
       s.seqstart AS start, s.seqincrement AS increment,
       CASE WHEN o.identity AND s.seqmin IN (-32768, -2147483648, -9223372036854775808) THEN NULL ELSE s.seqmin END AS minimum,
       CASE WHEN o.identity AND s.seqmax IN (32767, 2147483647, 9223372036854775807) THEN NULL ELSE s.seqmax END AS maximum,
       s.seqcache AS cache,
       CASE WHEN s.seqcycle THEN 'yes' ELSE 'no' END AS cycles,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END AS persistence,
       o.owned AS "owned by",
       quote_ident(pg_get_userbyid(c.relowner)) AS owner,
       $acl(c.relacl, 's', c.relowner) AS acl,
       $comment(pg_class, c.oid, 0) AS comment
  FROM pg_catalog.pg_sequence s
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN (SELECT d.objid, d.deptype = 'i' AS identity, $name(tn.nspname, t.relname) || '.' || quote_ident(a.attname)
                    || CASE d.deptype WHEN 'i' THEN ' (identity)' ELSE '' END AS owned
               FROM pg_catalog.pg_depend d
               JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
               JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
               JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
                AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')) o ON o.objid = c.oid
 WHERE c.relpersistence <> 't' AND $ours(pg_class, c.oid, n.nspname);

-- class: function
SELECT $signature(n.nspname, p.proname, p.oid) AS name,
       CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'w' THEN 'window function' ELSE 'function' END AS kind,
       pg_catalog.pg_get_function_arguments(p.oid) AS "~arguments",
       pg_catalog.pg_get_function_result(p.oid) AS result,
       l.lanname AS language,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END AS parallel,
       concat_ws(', ', CASE WHEN p.prosecdef THEN 'security definer' END, CASE WHEN p.proleakproof THEN 'leakproof' END,
                 CASE WHEN p.proisstrict THEN 'strict' END) AS properties,
       p.procost AS cost, p.prorows AS "rows",
       CASE WHEN p.prosupport <> 0 THEN p.prosupport::regprocedure::text END AS support,
       $sorted(p.proconfig) AS settings,
       p.probin AS library,
       left(encode(sha256(convert_to(p.prosrc, getdatabaseencoding())), 'hex'), 32) AS source,
       pg_catalog.pg_get_function_sqlbody(p.oid) AS "~body", -- 14+
       NULL AS "~body", -- <14
       quote_ident(pg_get_userbyid(p.proowner)) AS owner,
       $acl(p.proacl, 'f', p.proowner) AS acl,
       $comment(pg_proc, p.oid, 0) AS comment
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE p.prokind <> 'a' AND $ours(pg_proc, p.oid, n.nspname)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i');

-- class: aggregate
SELECT $signature(n.nspname, p.proname, p.oid) AS name,
       pg_catalog.pg_get_function_result(p.oid) AS result,
       a.aggkind AS kind, a.aggnumdirectargs AS "direct arguments",
       a.aggtransfn::regproc::text AS transition, a.aggtranstype::regtype::text AS state, a.agginitval AS initial,
       nullif(a.aggfinalfn, 0)::regproc::text AS final, a.aggfinalmodify AS "final modifies",
       nullif(a.aggcombinefn, 0)::regproc::text AS combine,
       nullif(a.aggserialfn, 0)::regproc::text AS serial, nullif(a.aggdeserialfn, 0)::regproc::text AS deserial,
       nullif(a.aggmtransfn, 0)::regproc::text AS "moving transition",
       nullif(a.aggminvtransfn, 0)::regproc::text AS "moving inverse",
       nullif(a.aggmfinalfn, 0)::regproc::text AS "moving final", a.aggminitval AS "moving initial",
       nullif(a.aggsortop, 0)::regoperator::text AS "sort operator",
       p.proparallel AS parallel,
       quote_ident(pg_get_userbyid(p.proowner)) AS owner,
       $acl(p.proacl, 'f', p.proowner) AS acl,
       $comment(pg_proc, p.oid, 0) AS comment
  FROM pg_catalog.pg_aggregate a
  JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE $ours(pg_proc, p.oid, n.nspname);

-- The types of tables, of arrays and multiranges come with what they belong to.
-- class: type
SELECT $name(n.nspname, t.typname) AS name,
       CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' WHEN 'c' THEN 'composite'
            WHEN 'b' THEN 'base' ELSE t.typtype::text END AS kind,
       e.labels,
       CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS "over",
       CASE WHEN t.typtype = 'd' THEN CASE WHEN t.typnotnull THEN 'yes' ELSE 'no' END END AS "not null",
       t.typdefault AS "~default",
       CASE WHEN t.typcollation NOT IN (0, coalesce(b.typcollation, 0)) THEN (SELECT $name(cn.nspname, co.collname)
            FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
            WHERE co.oid = t.typcollation) END AS collation,
       pg_catalog.format_type(r.rngsubtype, NULL) AS subtype,
       nullif(r.rngcanonical, 0)::regproc::text AS canonical,
       nullif(r.rngsubdiff, 0)::regproc::text AS difference,
       CASE WHEN t.typtype = 'b' THEN t.typinput::text || ', ' || t.typoutput::text || ', ' || t.typlen END AS functions,
       quote_ident(pg_get_userbyid(t.typowner)) AS owner,
       $acl(t.typacl, 'T', t.typowner) AS acl,
       $comment(pg_type, t.oid, 0) AS comment
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND t.typrelid <> 0
  LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype AND t.typbasetype <> 0
  LEFT JOIN pg_catalog.pg_type a ON a.typarray = t.oid
  LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
  LEFT JOIN (SELECT enumtypid, string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) AS labels
               FROM pg_catalog.pg_enum GROUP BY enumtypid) e ON e.enumtypid = t.oid
 WHERE t.typtype <> 'm' AND t.typisdefined AND a.oid IS NULL AND coalesce(c.relkind, 'c') = 'c'
   AND $ours(pg_type, t.oid, n.nspname)
   AND (t.typrelid = 0 OR $free(pg_class, t.typrelid));

-- class: policy
SELECT $name(n.nspname, c.relname) || '.' || quote_ident(p.polname) AS name,
       CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END
           AS command,
       CASE WHEN p.polpermissive THEN 'yes' ELSE 'no' END AS permissive,
       (SELECT string_agg(r, ', ' ORDER BY r COLLATE "C")
          FROM (SELECT CASE x WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x)) END AS r FROM unnest(p.polroles) x) q) AS roles,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS "~using",
       pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS "~check",
       $comment(pg_policy, p.oid, 0) AS comment
  FROM pg_catalog.pg_policy p
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE $ours(pg_class, c.oid, n.nspname);

-- class: extension
SELECT quote_ident(e.extname) AS name, e.extversion AS "?version", quote_ident(n.nspname) AS schema,
       $comment(pg_extension, e.oid, 0) AS comment
  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace;

-- class: operator
SELECT quote_ident(n.nspname) || '.' || o.oprname || '(' || CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END
           || ', ' || CASE o.oprright WHEN 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END || ')' AS name,
       o.oprcode::regprocedure::text AS function,
       nullif(o.oprcom, 0)::regoperator::text AS commutator, nullif(o.oprnegate, 0)::regoperator::text AS negator,
       nullif(o.oprrest, 0)::regproc::text AS restrict, nullif(o.oprjoin, 0)::regproc::text AS "join",
       concat_ws(', ', CASE WHEN o.oprcanhash THEN 'hashes' END, CASE WHEN o.oprcanmerge THEN 'merges' END) AS properties,
       quote_ident(pg_get_userbyid(o.oprowner)) AS owner,
       $comment(pg_operator, o.oid, 0) AS comment
  FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
 WHERE o.oprcode <> 0 AND $ours(pg_operator, o.oid, n.nspname);

-- class: operator class
SELECT $name(n.nspname, o.opcname) || ' using ' || a.amname AS name,
       format_type(o.opcintype, NULL) AS type,
       CASE WHEN o.opcdefault THEN 'yes' ELSE 'no' END AS "default",
       CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, NULL) END AS storage,
       (SELECT $name(fn.nspname, f.opfname) FROM pg_catalog.pg_opfamily f
          JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace WHERE f.oid = o.opcfamily) AS family,
       quote_ident(pg_get_userbyid(o.opcowner)) AS owner,
       $comment(pg_opclass, o.oid, 0) AS comment
  FROM pg_catalog.pg_opclass o
  JOIN pg_catalog.pg_am a ON a.oid = o.opcmethod
  JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
 WHERE $ours(pg_opclass, o.oid, n.nspname);

-- class: operator family
SELECT $name(n.nspname, o.opfname) || ' using ' || a.amname AS name,
       (SELECT string_agg(x.amopstrategy || ' ' || x.amopopr::regoperator::text, ', '
                          ORDER BY x.amopstrategy, x.amopopr::regoperator::text COLLATE "C")
          FROM pg_catalog.pg_amop x WHERE x.amopfamily = o.oid) AS operators,
       (SELECT string_agg(x.amprocnum || ' ' || x.amproc::regprocedure::text, ', '
                          ORDER BY x.amprocnum, x.amproc::regprocedure::text COLLATE "C")
          FROM pg_catalog.pg_amproc x WHERE x.amprocfamily = o.oid) AS functions,
       quote_ident(pg_get_userbyid(o.opfowner)) AS owner,
       $comment(pg_opfamily, o.oid, 0) AS comment
  FROM pg_catalog.pg_opfamily o
  JOIN pg_catalog.pg_am a ON a.oid = o.opfmethod
  JOIN pg_catalog.pg_namespace n ON n.oid = o.opfnamespace
 WHERE $ours(pg_opfamily, o.oid, n.nspname);

-- class: cast
SELECT '(' || format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) || ')' AS name,
       c.castmethod AS method, c.castcontext AS context, nullif(c.castfunc, 0)::regprocedure::text AS function,
       $comment(pg_cast, c.oid, 0) AS comment
  FROM pg_catalog.pg_cast c WHERE c.oid >= 16384 AND $free(pg_cast, c.oid);

-- class: conversion
SELECT $name(n.nspname, c.conname) AS name,
       pg_encoding_to_char(c.conforencoding) AS "from", pg_encoding_to_char(c.contoencoding) AS "to",
       c.conproc::regproc::text AS function, CASE WHEN c.condefault THEN 'yes' ELSE 'no' END AS "default",
       quote_ident(pg_get_userbyid(c.conowner)) AS owner
  FROM pg_catalog.pg_conversion c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
 WHERE $ours(pg_conversion, c.oid, n.nspname);

-- class: collation
SELECT $name(n.nspname, c.collname) AS name,
       c.collprovider AS provider,
       c.collcollate AS "collate", c.collctype AS ctype,
       c.colllocale AS locale, -- 17+
       to_jsonb(c) ->> 'colliculocale' AS locale, -- <17
       CASE WHEN c.collisdeterministic THEN 'yes' ELSE 'no' END AS deterministic,
       c.collversion AS "?version",
       quote_ident(pg_get_userbyid(c.collowner)) AS owner,
       $comment(pg_collation, c.oid, 0) AS comment
  FROM pg_catalog.pg_collation c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
 WHERE $ours(pg_collation, c.oid, n.nspname);

-- class: text search configuration
SELECT $name(n.nspname, c.cfgname) AS name,
       $name(pn.nspname, p.prsname) AS parser,
       (SELECT string_agg(x.line, '; ' ORDER BY x.line COLLATE "C")
          FROM (SELECT y.alias || ': ' || string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS line
                  FROM pg_catalog.pg_ts_config_map m, pg_catalog.ts_token_type(c.cfgparser) y
                 WHERE m.mapcfg = c.oid AND y.tokid = m.maptokentype GROUP BY y.alias) x) AS mappings,
       quote_ident(pg_get_userbyid(c.cfgowner)) AS owner,
       $comment(pg_ts_config, c.oid, 0) AS comment
  FROM pg_catalog.pg_ts_config c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
  JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
 WHERE $ours(pg_ts_config, c.oid, n.nspname);

-- class: text search dictionary
SELECT $name(n.nspname, d.dictname) AS name,
       $name(tn.nspname, t.tmplname) AS template, d.dictinitoption AS options,
       quote_ident(pg_get_userbyid(d.dictowner)) AS owner,
       $comment(pg_ts_dict, d.oid, 0) AS comment
  FROM pg_catalog.pg_ts_dict d
  JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
  JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
 WHERE $ours(pg_ts_dict, d.oid, n.nspname);

-- class: text search template
SELECT $name(n.nspname, t.tmplname) AS name, nullif(t.tmplinit, 0)::regproc::text AS init, t.tmpllexize::regproc::text AS lexize
  FROM pg_catalog.pg_ts_template t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace
 WHERE $ours(pg_ts_template, t.oid, n.nspname);

-- class: text search parser
SELECT $name(n.nspname, p.prsname) AS name, p.prsstart::regproc::text AS start, p.prstoken::regproc::text AS token,
       p.prsend::regproc::text AS "end", p.prslextype::regproc::text AS types
  FROM pg_catalog.pg_ts_parser p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace
 WHERE $ours(pg_ts_parser, p.oid, n.nspname);

-- class: foreign data wrapper
SELECT quote_ident(f.fdwname) AS name,
       nullif(f.fdwhandler, 0)::regproc::text AS handler, nullif(f.fdwvalidator, 0)::regproc::text AS validator,
       $options(f.fdwoptions) AS options,
       quote_ident(pg_get_userbyid(f.fdwowner)) AS owner,
       $acl(f.fdwacl, 'F', f.fdwowner) AS acl,
       $comment(pg_foreign_data_wrapper, f.oid, 0) AS comment
  FROM pg_catalog.pg_foreign_data_wrapper f WHERE $free(pg_foreign_data_wrapper, f.oid);

-- class: foreign server
SELECT quote_ident(s.srvname) AS name,
       quote_ident(f.fdwname) AS wrapper, s.srvtype AS type, s.srvversion AS version,
       $options(s.srvoptions) AS options,
       quote_ident(pg_get_userbyid(s.srvowner)) AS owner,
       $acl(s.srvacl, 'S', s.srvowner) AS acl,
       $comment(pg_foreign_server, s.oid, 0) AS comment
  FROM pg_catalog.pg_foreign_server s
  JOIN pg_catalog.pg_foreign_data_wrapper f ON f.oid = s.srvfdw
 WHERE $free(pg_foreign_server, s.oid);

-- class: user mapping
SELECT quote_ident(u.srvname) || '.' || quote_ident(u.usename) AS name FROM pg_catalog.pg_user_mappings u;

-- class: publication
SELECT quote_ident(p.pubname) AS name,
       concat_ws(', ', CASE WHEN p.puballtables THEN 'all tables' END, CASE WHEN p.pubinsert THEN 'insert' END,
                 CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
                 CASE WHEN p.pubtruncate THEN 'truncate' END, CASE WHEN p.pubviaroot THEN 'via root' END) AS publishes,
       (SELECT string_agg(x, ', ' ORDER BY x COLLATE "C") FROM (
            SELECT $name(n.nspname, c.relname)
                   || coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C") -- 15+
                        FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs)) || ')', '') -- 15+
                   AS x
              FROM pg_catalog.pg_publication_rel r
              JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid) q) AS tables,
       (SELECT string_agg(r.prrelid::regclass::text || ': ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid), '; ' -- 15+
                          ORDER BY r.prrelid::regclass::text COLLATE "C") -- 15+
          FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid AND r.prqual IS NOT NULL) AS "~filters", -- 15+
       (SELECT string_agg(quote_ident(n.nspname), ', ' ORDER BY n.nspname COLLATE "C") -- 15+
          FROM pg_catalog.pg_publication_namespace s JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid -- 15+
         WHERE s.pnpubid = p.oid) AS schemas, -- 15+
       NULL AS "~filters", NULL AS schemas, -- <15
       quote_ident(pg_get_userbyid(p.pubowner)) AS owner,
       $comment(pg_publication, p.oid, 0) AS comment
  FROM pg_catalog.pg_publication p;

-- class: statistics
SELECT $name(n.nspname, s.stxname) AS name,
       pg_catalog.pg_get_statisticsobjdef(s.oid) AS "~definition",
       nullif(s.stxstattarget, -1) AS target,
       quote_ident(pg_get_userbyid(s.stxowner)) AS owner,
       $comment(pg_statistic_ext, s.oid, 0) AS comment
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
 WHERE $ours(pg_statistic_ext, s.oid, n.nspname);

-- class: default privilege
SELECT quote_ident(pg_get_userbyid(d.defaclrole)) || ' '
           || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                   WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' ELSE d.defaclobjtype::text END
           || coalesce(' in ' || quote_ident(n.nspname), '') AS name,
       $acl(d.defaclacl, 'r', d.defaclrole) AS acl
  FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace;

-- class: language
SELECT quote_ident(l.lanname) AS name,
       CASE WHEN l.lanpltrusted THEN 'yes' ELSE 'no' END AS trusted, nullif(l.lanplcallfoid, 0)::regproc::text AS handler,
       quote_ident(pg_get_userbyid(l.lanowner)) AS owner,
       $acl(l.lanacl, 'l', l.lanowner) AS acl,
       $comment(pg_language, l.oid, 0) AS comment
  FROM pg_catalog.pg_language l WHERE l.lanispl AND $free(pg_language, l.oid);

-- class: access method
SELECT quote_ident(a.amname) AS name, a.amtype AS type, a.amhandler::regproc::text AS handler
  FROM pg_catalog.pg_am a WHERE a.oid >= 16384 AND $free(pg_am, a.oid);

-- class: transform
SELECT format_type(t.trftype, NULL) || ' for ' || quote_ident(l.lanname) AS name,
       nullif(t.trffromsql, 0)::regproc::text AS "from sql", nullif(t.trftosql, 0)::regproc::text AS "to sql"
  FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang
 WHERE $free(pg_transform, t.oid);

-- There may be millions: counted by owner and grants, not named.
-- class: large object
SELECT quote_ident(pg_get_userbyid(x.lomowner)) || ': ' || coalesce($acl(x.lomacl::aclitem[], 'L', x.lomowner), '') AS name,
       x.objects, x.comments
  FROM (SELECT l.lomowner, l.lomacl::text AS lomacl, count(*) AS objects, nullif(count(m.objoid), 0) AS comments
          FROM pg_catalog.pg_largeobject_metadata l
          LEFT JOIN pg_catalog.pg_description m
                 ON m.objoid = l.oid AND m.classoid = 'pg_catalog.pg_largeobject'::regclass AND m.objsubid = 0
         GROUP BY l.lomowner, l.lomacl::text) x;

-- What was granted (+) or revoked (-) on objects of the server and of extensions, beyond what they came with; but for
-- those that pg_dump takes no privileges of (information_schema, the languages sql, c and internal).
-- class: privilege beyond the usual
SELECT x.name, x.acl
  FROM (SELECT 'relation ' || $name(n.nspname, c.relname) AS name, $beyond(c.relacl, i.initprivs, 'r', c.relowner) AS acl
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_catalog.pg_init_privs i
                 ON i.objoid = c.oid AND i.classoid = 'pg_catalog.pg_class'::regclass AND i.objsubid = 0
         WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND c.relpersistence <> 't' AND c.relacl IS DISTINCT FROM i.initprivs
           AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema' AND NOT ($ours(pg_class, c.oid, n.nspname))
        UNION ALL
        SELECT 'function ' || $signature(n.nspname, p.proname, p.oid), $beyond(p.proacl, i.initprivs, 'f', p.proowner)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          LEFT JOIN pg_catalog.pg_init_privs i
                 ON i.objoid = p.oid AND i.classoid = 'pg_catalog.pg_proc'::regclass AND i.objsubid = 0
         WHERE p.proacl IS DISTINCT FROM i.initprivs AND n.nspname <> 'information_schema'
           AND NOT ($ours(pg_proc, p.oid, n.nspname))
        UNION ALL
        SELECT 'sequence ' || $name(n.nspname, c.relname), $beyond(c.relacl, i.initprivs, 's', c.relowner)
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_catalog.pg_init_privs i
                 ON i.objoid = c.oid AND i.classoid = 'pg_catalog.pg_class'::regclass AND i.objsubid = 0
         WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND c.relacl IS DISTINCT FROM i.initprivs
           AND NOT ($ours(pg_class, c.oid, n.nspname))
        UNION ALL
        SELECT 'schema ' || quote_ident(n.nspname), $beyond(n.nspacl, i.initprivs, 'n', n.nspowner)
          FROM pg_catalog.pg_namespace n
          LEFT JOIN pg_catalog.pg_init_privs i
                 ON i.objoid = n.oid AND i.classoid = 'pg_catalog.pg_namespace'::regclass AND i.objsubid = 0
         WHERE n.nspacl IS DISTINCT FROM i.initprivs AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(toast|temp)'
           AND NOT ($ours(pg_namespace, n.oid, n.nspname))
        UNION ALL
        SELECT 'language ' || quote_ident(l.lanname), $beyond(l.lanacl, i.initprivs, 'l', l.lanowner)
          FROM pg_catalog.pg_language l
          LEFT JOIN pg_catalog.pg_init_privs i
                 ON i.objoid = l.oid AND i.classoid = 'pg_catalog.pg_language'::regclass AND i.objsubid = 0
         WHERE l.lanacl IS DISTINCT FROM i.initprivs AND l.lanispl AND NOT $free(pg_language, l.oid)
        UNION ALL
        SELECT 'foreign data wrapper ' || quote_ident(f.fdwname), $beyond(f.fdwacl, i.initprivs, 'F', f.fdwowner)
          FROM pg_catalog.pg_foreign_data_wrapper f
          LEFT JOIN pg_catalog.pg_init_privs i
                 ON i.objoid = f.oid AND i.classoid = 'pg_catalog.pg_foreign_data_wrapper'::regclass AND i.objsubid = 0
         WHERE f.fdwacl IS DISTINCT FROM i.initprivs AND NOT ($free(pg_foreign_data_wrapper, f.oid))
        UNION ALL
        SELECT 'type ' || $name(n.nspname, t.typname), $beyond(t.typacl, i.initprivs, 'T', t.typowner)
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
          LEFT JOIN pg_catalog.pg_init_privs i
                 ON i.objoid = t.oid AND i.classoid = 'pg_catalog.pg_type'::regclass AND i.objsubid = 0
         WHERE t.typacl IS DISTINCT FROM i.initprivs AND n.nspname <> 'information_schema'
           AND NOT ($ours(pg_type, t.oid, n.nspname))) x
 WHERE x.acl IS NOT NULL;
