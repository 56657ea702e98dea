-- name: measures_of_days
-- Every measure of the given days of a tenant, of some only until a moment: sums (no value) and spreads (how often each
-- value). Each part is an index range per day: event_by_name, order_by_time, conversion_by_time, response_recent,
-- interaction_recent, case_opened, case_solved. All comparisons are timestamptz to timestamptz: leakproof, so the ranges
-- are served by the indexes below row-level security too. Of emails only what the send path and the tracking saw
-- counts: whoever holds a write key, which every visitor's browser knows, may call an event of its own "Email Opened".
WITH days AS (
    SELECT day, (day::timestamp AT TIME ZONE %(zone)s) AS since,
           least(cut, (day + 1)::timestamp AT TIME ZONE %(zone)s) AS until
    FROM unnest(%(days)s::date[], %(cuts)s::timestamptz[]) AS given(day, cut)
)
SELECT days.day, e.name::text, NULL::bigint AS value, count(*), 0::numeric
FROM days
CROSS JOIN unnest(%(names)s::text[]) AS wanted(name)
JOIN customers_event e ON e.tenant_id = %(tenant)s AND e.name = wanted.name
 AND e.occurred_at >= days.since AND e.occurred_at < days.until AND e.source NOT IN ('api', 'site')
GROUP BY days.day, e.name
UNION ALL
SELECT days.day, CASE o.kind WHEN 'order' THEN 'orders' ELSE 'returns' END, NULL, count(*), sum(o.revenue)
FROM days
JOIN customers_order o ON o.tenant_id = %(tenant)s AND o.placed_at >= days.since AND o.placed_at < days.until
GROUP BY days.day, o.kind
UNION ALL
SELECT days.day, 'converted', NULL, count(*) FILTER (WHERE m.converted_at = v.at), sum(v.revenue)
FROM days
JOIN campaigns_conversion v ON v.tenant_id = %(tenant)s AND v.at >= days.since AND v.at < days.until
JOIN campaigns_message m ON m.tenant_id = v.tenant_id AND m.id = v.message_id
GROUP BY days.day
UNION ALL
SELECT days.day, s.kind, r.score, count(*), 0
FROM days
JOIN feedback_response r ON r.tenant_id = %(tenant)s AND r.answered_at >= days.since AND r.answered_at < days.until
JOIN feedback_surveyversion s ON s.tenant_id = r.tenant_id AND s.id = r.version_id
WHERE r.counts AND r.score IS NOT NULL AND s.kind IN ('nps', 'csat', 'ces')
GROUP BY days.day, s.kind, r.score
UNION ALL
SELECT days.day, 'handling', i.duration, count(*), 0
FROM days
JOIN customers_interaction i ON i.tenant_id = %(tenant)s AND i.occurred_at >= days.since AND i.occurred_at < days.until
WHERE i.duration IS NOT NULL
GROUP BY days.day, i.duration
UNION ALL
SELECT days.day, measure.name, measure.value, count(*), 0
FROM days
JOIN feedback_case c ON c.tenant_id = %(tenant)s AND c.opened_at >= days.since AND c.opened_at < days.until
CROSS JOIN LATERAL (VALUES
    ('cases', NULL, true),
    ('answered_late', NULL, c.first_breached_at IS NOT NULL OR c.first_answered_at > c.first_due_at),
    ('answered_in_time', NULL, c.first_breached_at IS NULL AND c.first_answered_at <= c.first_due_at),
    ('response', floor(extract(epoch FROM c.first_answered_at - c.opened_at))::bigint, c.first_answered_at IS NOT NULL),
    ('response.unanswered', floor(extract(epoch FROM c.solved_at - c.opened_at))::bigint,
     c.first_answered_at IS NULL AND c.solved_at IS NOT NULL),
    ('resolution', floor(extract(epoch FROM c.solved_at - c.opened_at))::bigint, c.solved_at IS NOT NULL)
) AS measure(name, value, holds)
WHERE measure.holds
GROUP BY days.day, measure.name, measure.value
UNION ALL
SELECT days.day, 'engagements', NULL, count(*), 0
FROM days
JOIN feedback_case c ON c.tenant_id = %(tenant)s AND c.solved_at >= days.since AND c.solved_at < days.until
GROUP BY days.day
UNION ALL
SELECT days.day, 'actions', NULL, count(*), 0
FROM days
JOIN feedback_case c ON c.tenant_id = %(tenant)s AND c.solved_at >= days.since AND c.solved_at < days.until
JOIN feedback_casemessage m ON m.tenant_id = c.tenant_id AND m.case_id = c.id
WHERE m.direction = 'out' AND m.author = 'human' AND m.public
GROUP BY days.day

-- name: customers_of_days
-- New people of one or two stretches of time, always counted anew: imports and programs date them back as they like.
-- One range of customer_recent, read from the index alone.
SELECT (created_at AT TIME ZONE %(zone)s)::date, count(*)
FROM customers_customer
WHERE tenant_id = %(tenant)s AND created_at >= %(since)s AND created_at < %(until)s
  AND NOT (created_at >= %(cut)s AND created_at < %(again)s)
GROUP BY 1
