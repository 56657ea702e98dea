-- name: stayed
-- Who ordered within [since, start), and how many of them ordered within [until, end). Two ranges of order_by_time,
-- read from the index with a hash between them. Only orders count, so the rows are looked at.
WITH there AS (
    SELECT DISTINCT customer_id FROM customers_order
    WHERE tenant_id = %(tenant)s AND kind = 'order' AND placed_at >= %(since)s AND placed_at < %(start)s
), here AS (
    SELECT DISTINCT customer_id FROM customers_order
    WHERE tenant_id = %(tenant)s AND kind = 'order' AND placed_at >= %(until)s AND placed_at < %(end)s
)
SELECT count(*), count(here.customer_id) FROM there LEFT JOIN here USING (customer_id)

-- name: repeated
-- Who ordered within [start, end), and how many of them ordered at least twice until then.
WITH here AS (
    SELECT customer_id, count(*) AS orders FROM customers_order
    WHERE tenant_id = %(tenant)s AND kind = 'order' AND placed_at >= %(start)s AND placed_at < %(end)s
    GROUP BY customer_id
)
SELECT count(*), count(*) FILTER (WHERE orders > 1 OR EXISTS (
    SELECT FROM customers_order o
    WHERE o.tenant_id = %(tenant)s AND o.customer_id = here.customer_id AND o.kind = 'order'
      AND o.placed_at < %(start)s))
FROM here

-- name: cohorts
-- People by the month of their first order (k = 0), and in how many of them ordered k months later.
WITH months AS (
    SELECT DISTINCT customer_id, date_trunc('month', placed_at AT TIME ZONE %(zone)s)::date AS month
    FROM customers_order WHERE tenant_id = %(tenant)s AND kind = 'order' AND placed_at < %(end)s
), firsts AS (
    SELECT customer_id, min(month) AS first FROM months GROUP BY customer_id
)
SELECT f.first,
       (extract(year FROM m.month) * 12 + extract(month FROM m.month)
        - extract(year FROM f.first) * 12 - extract(month FROM f.first))::int AS later,
       count(*)
FROM firsts f JOIN months m USING (customer_id)
WHERE f.first >= %(since)s
GROUP BY 1, 2

-- name: league
-- People, buyers and revenue of each live segment's members now, and their orders within the period.
SELECT s.id, count(*), count(*) FILTER (WHERE t.orders_count > 0), coalesce(sum(t.revenue), 0),
       coalesce(sum((t.scores ->> 'clv_predicted')::numeric) FILTER (WHERE jsonb_typeof(t.scores -> 'clv_predicted') = 'number'), 0),
       avg((t.scores ->> 'churn_risk')::numeric) FILTER (WHERE jsonb_typeof(t.scores -> 'churn_risk') = 'number')
FROM customers_segment s
JOIN customers_segmentmember m ON m.tenant_id = s.tenant_id AND m.segment_id = s.id AND m.left_at IS NULL
LEFT JOIN customers_traits t ON t.tenant_id = m.tenant_id AND t.customer_id = m.customer_id
WHERE s.tenant_id = %(tenant)s AND s.archived_at IS NULL
GROUP BY s.id
