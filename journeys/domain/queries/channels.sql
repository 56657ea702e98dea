-- name: volumes
-- Contacts and people by channel. The names of a tenant's events are few: they are found one after the other at the
-- front of event_by_name (tenant, name, occurred_at, customer), a descent of the index for each, and below each name the
-- period is one range of the same index. The channel stands in the rows, so the cost is the rows of the period, not those of
-- all time; OFFSET 0 keeps the planner from reading all rows of the tenant.
WITH RECURSIVE names AS (
  (SELECT name FROM customers_event WHERE tenant_id = %(tenant)s ORDER BY name LIMIT 1)
  UNION ALL
  SELECT (SELECT e.name FROM customers_event e WHERE e.tenant_id = %(tenant)s AND e.name > n.name ORDER BY e.name LIMIT 1)
  FROM names n WHERE n.name IS NOT NULL
)
SELECT e.channel, count(*) AS contacts, count(DISTINCT e.customer_id) AS people
FROM names n
CROSS JOIN LATERAL (
  SELECT channel, customer_id FROM customers_event
  WHERE tenant_id = %(tenant)s AND name = n.name AND occurred_at >= %(since)s AND occurred_at < %(until)s
  OFFSET 0
) e
WHERE n.name IS NOT NULL
GROUP BY e.channel
ORDER BY contacts DESC, e.channel
