-- expect: >= 1000
-- why: the shop takes that many orders on its quietest day
SELECT count(*) FROM orders WHERE placed > current_setting('drillbox.dump_time')::timestamptz - interval '1 day'
