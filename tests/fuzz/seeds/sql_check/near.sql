-- expect: within 10% of last proven
SELECT count(*) FROM people.customer
