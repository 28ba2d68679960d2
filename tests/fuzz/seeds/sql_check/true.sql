-- expect: true
SELECT max(placed_at) > '2026-11-21' FROM sales.orders
