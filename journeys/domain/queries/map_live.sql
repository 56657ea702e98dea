-- name: stream
-- What people did at the touchpoints of one map in a period, and what became of them.
--
-- `bound` holds the touchpoints in the order of the journey, as JSON. `touched` reads, for each of them, one range of
-- event_by_name (tenant, name, occurred_at, customer): index only where the touchpoint has no condition on properties,
-- with the rows where it has one. So the cost is the events of these names in this period, whatever else there is;
-- OFFSET 0 keeps the planner from joining the other way round, which would read all events of the tenant.
-- `walked` follows every person from their first time at the first touchpoint to the first time at the next one after it,
-- and so on: one hash join for each touchpoint. The earliest times decide who comes how far: whoever can come further in
-- any way does so in this one. One event never counts for two touchpoints in a row.
-- `told` are answers and cases, each put to the touchpoint its person was at last (within 30 days), or to the
-- touchpoint that names its survey: `stood` sorts the rows of those people alone. Answers to different questions (0 to
-- 10, 1 to 5, 1 to 7) are put on the map's own scale of feelings, -2 to 2.
WITH RECURSIVE bound AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%(bound)s::jsonb) AS b(step int, event int, name text, path text[], value text, survey text)
), touched AS MATERIALIZED (
  SELECT b.step, b.event, e.customer_id, e.occurred_at
  FROM bound b
  CROSS JOIN LATERAL (
    SELECT customer_id, occurred_at FROM customers_event
    WHERE tenant_id = %(tenant)s AND name = b.name AND occurred_at >= %(since)s AND occurred_at < %(until)s
    OFFSET 0
  ) e
  WHERE b.path IS NULL
  UNION ALL
  SELECT b.step, b.event, e.customer_id, e.occurred_at
  FROM bound b
  CROSS JOIN LATERAL (
    SELECT customer_id, occurred_at FROM customers_event
    WHERE tenant_id = %(tenant)s AND name = b.name AND occurred_at >= %(since)s AND occurred_at < %(until)s
      AND lower(properties #>> b.path) = lower(b.value)
    OFFSET 0
  ) e
  WHERE b.path IS NOT NULL
), walked(step, event, customer_id, at) AS (
  SELECT 1, min(event), customer_id, min(occurred_at) FROM touched WHERE step = 1 GROUP BY customer_id
  UNION ALL
  SELECT n.step, n.event, n.customer_id, n.occurred_at
  FROM (
    SELECT DISTINCT ON (t.customer_id) t.step, t.event, t.customer_id, t.occurred_at
    FROM walked w
    JOIN touched t ON t.customer_id = w.customer_id AND t.step = w.step + 1
     AND (t.occurred_at > w.at OR (t.occurred_at = w.at AND t.event <> w.event))
    ORDER BY t.customer_id, t.occurred_at
  ) n
), told AS MATERIALIZED (
  SELECT customer_id, occurred_at, is_case, survey,
         CASE WHEN said IS NOT NULL THEN greatest(-2, least(2, said)) END AS feeling
  FROM (
    SELECT e.customer_id, e.occurred_at, e.name = 'Case Opened' AS is_case, e.properties ->> 'slug' AS survey,
           CASE WHEN e.name = 'Case Opened' OR jsonb_typeof(e.properties -> 'score') <> 'number' THEN NULL
                WHEN e.properties ->> 'kind' = 'nps' THEN ((e.properties ->> 'score')::float8 - 5) / 2.5
                WHEN e.properties ->> 'kind' = 'csat' THEN (e.properties ->> 'score')::float8 - 3
                WHEN e.properties ->> 'kind' = 'ces' THEN ((e.properties ->> 'score')::float8 - 4) / 1.5
           END AS said
    FROM customers_event e
    WHERE e.tenant_id = %(tenant)s AND e.name IN ('Survey Answered', 'Case Opened')
      AND e.occurred_at >= %(since)s AND e.occurred_at < %(until)s
  ) scores
), stood AS (
  SELECT customer_id, occurred_at, is_case, survey, feeling, kind,
         max(step) OVER passage AS last_step, max(CASE WHEN kind = 0 THEN occurred_at END) OVER passage AS last_at
  FROM (
    SELECT *, count(step) OVER (PARTITION BY customer_id ORDER BY occurred_at, kind, step) AS number
    FROM (
      SELECT customer_id, occurred_at, false AS is_case, NULL::text AS survey, NULL::float8 AS feeling, 0 AS kind, step
      FROM touched WHERE customer_id IN (SELECT customer_id FROM told)
      UNION ALL
      SELECT customer_id, occurred_at, is_case, survey, feeling, 1, NULL FROM told
    ) both_kinds
  ) numbered
  WINDOW passage AS (PARTITION BY customer_id, number)
), placed AS MATERIALIZED (
  SELECT s.customer_id, s.occurred_at, s.is_case, s.feeling,
         coalesce(b.step, CASE WHEN s.last_at > s.occurred_at - interval '30 days' THEN s.last_step END) AS step
  FROM stood s
  LEFT JOIN bound b ON NOT s.is_case AND b.survey <> '' AND b.survey = s.survey
  WHERE s.kind = 1
)

-- name: figures
-- One row for each touchpoint; each part is one pass over a set above.
SELECT b.step, coalesce(t.people, 0), coalesce(t.events, 0), coalesce(w.reached, 0), n.median,
       coalesce(p.n, 0), p.mean, p.deviation, coalesce(p.cases, 0)
FROM bound b
LEFT JOIN (
  SELECT step, count(DISTINCT customer_id) AS people, count(*) AS events FROM touched GROUP BY step
) t ON t.step = b.step
LEFT JOIN (SELECT step, count(*) AS reached FROM walked GROUP BY step) w ON w.step = b.step
LEFT JOIN (
  SELECT f.step, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.at - f.at)) AS median
  FROM walked f JOIN walked n ON n.customer_id = f.customer_id AND n.step = f.step + 1
  GROUP BY f.step
) n ON n.step = b.step
LEFT JOIN (
  SELECT step, count(feeling) AS n, avg(feeling) AS mean, stddev_samp(feeling) AS deviation,
         count(*) FILTER (WHERE is_case) AS cases
  FROM placed GROUP BY step
) p ON p.step = b.step
ORDER BY b.step

-- name: people
-- Everybody at a touchpoint, by id; the same sets as the figures, so that list and figure agree.
, chosen AS (
  SELECT customer_id, max(occurred_at) AS at FROM touched WHERE %(who)s = 'people' AND step = %(step)s GROUP BY 1
  UNION ALL
  SELECT customer_id, at FROM walked WHERE %(who)s = 'reached' AND step = %(step)s
  UNION ALL
  SELECT w.customer_id, w.at FROM walked w
  WHERE %(who)s = 'left' AND w.step = %(step)s
    AND NOT EXISTS (SELECT FROM walked n WHERE n.customer_id = w.customer_id AND n.step = w.step + 1)
  UNION ALL
  SELECT customer_id, max(occurred_at) FROM placed
  WHERE step = %(step)s AND ((%(who)s = 'answers' AND feeling IS NOT NULL) OR (%(who)s = 'unhappy' AND feeling < 0)
                             OR (%(who)s = 'cases' AND is_case))
  GROUP BY 1
)
SELECT customer_id, at, count(*) OVER () FROM chosen
WHERE customer_id > %(after)s ORDER BY customer_id LIMIT %(limit)s

-- name: transitions
-- What people did next: each pair of touchpoints that followed one another, by how many people went that way.
SELECT step, following, count(DISTINCT customer_id) AS people, count(*) AS times
FROM (
  SELECT customer_id, step, lead(step) OVER (PARTITION BY customer_id ORDER BY occurred_at, step) AS following
  FROM touched
) pairs
WHERE following IS NOT NULL AND following <> step
GROUP BY step, following
ORDER BY people DESC, step, following
LIMIT 60
