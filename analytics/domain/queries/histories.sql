-- name: histories
-- One row for each person who bought until then: repeat days, days from first to last, days from first to the end,
-- what the repeat days brought, number of orders, sum with returns, and days since the last order. Orders of one day
-- are one purchase; a day with returns alone is none. Reads order_of_customer in its order or the table once,
-- whichever is cheaper.
COPY (
    WITH days AS (
        SELECT customer_id, (placed_at AT TIME ZONE %(zone)s)::date AS day, sum(revenue) AS net,
               count(*) FILTER (WHERE kind = 'order') AS orders,
               coalesce(sum(revenue) FILTER (WHERE kind = 'order'), 0) AS worth
        FROM customers_order
        WHERE tenant_id = %(tenant)s AND placed_at < %(until)s
        GROUP BY 1, 2
    ), bought AS (
        SELECT customer_id, count(*) FILTER (WHERE orders > 0) AS times,
               min(day) FILTER (WHERE orders > 0) AS first, max(day) FILTER (WHERE orders > 0) AS last,
               sum(worth) - (array_agg(worth ORDER BY day) FILTER (WHERE orders > 0))[1] AS again,
               sum(orders) AS orders, sum(net) AS net
        FROM days GROUP BY customer_id
    )
    SELECT customer_id, times - 1, last - first, %(last)s::date - first, again, orders, net, %(last)s::date - last
    FROM bought WHERE times > 0 ORDER BY customer_id
) TO STDOUT

-- name: gone
-- Who still has a score of ours without an order to have it from (an import was undone, orders went to another person).
SELECT t.customer_id FROM customers_traits t
WHERE t.tenant_id = %(tenant)s AND t.scores ?| %(names)s::text[]
  AND NOT EXISTS (SELECT FROM customers_order o WHERE o.tenant_id = t.tenant_id AND o.customer_id = t.customer_id
                  AND o.kind = 'order' AND o.placed_at < %(until)s)

-- name: outlooks
-- Written over in portions; a row that says the same already is left alone.
INSERT INTO analytics_outlook AS o (tenant_id, customer_id, risk, value, stake)
SELECT %(tenant)s, c.id, told.risk, told.value, told.stake
FROM unnest(%(ids)s::bigint[], %(risks)s::float8[], %(values)s::numeric[], %(stakes)s::numeric[])
     AS told(customer_id, risk, value, stake)
JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.id = told.customer_id
ON CONFLICT (customer_id) DO UPDATE SET risk = EXCLUDED.risk, value = EXCLUDED.value, stake = EXCLUDED.stake
WHERE (o.risk, o.value, o.stake) IS DISTINCT FROM (EXCLUDED.risk, EXCLUDED.value, EXCLUDED.stake)
