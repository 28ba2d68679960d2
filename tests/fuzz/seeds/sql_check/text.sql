-- expect: = 'it''s'
SELECT name FROM shop.branch LIMIT 1
