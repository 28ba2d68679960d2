-- no price is negative
-- expect: rows 0
SELECT id FROM catalog.product WHERE net < 0;
