-- expect: <> -1004.4900
SELECT sum(net) FROM sales.payment
