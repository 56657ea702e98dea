-- name: past
-- what an automation remembers of some people, by the unique index on (tenant, automation, customer, …)
SELECT customer_id, max(passage), max(entered_at), bool_or(state IN ('active', 'failed')),
       coalesce(array_agg(key) FILTER (WHERE key = ANY(%(keys)s)), '{}'),
       coalesce(array_agg(entered_at) FILTER (WHERE entered_at > %(since)s), '{}')
FROM journeys_enrolment
WHERE tenant_id = %(tenant)s AND automation_id = %(automation)s AND customer_id = ANY(%(people)s::bigint[])
GROUP BY customer_id

-- name: enter
-- people who were erased meanwhile fall out by the join; who is in under the same key stays as they are
INSERT INTO journeys_enrolment
  (tenant_id, automation_id, version_id, customer_id, key, passage, state, node, due_at, reached_at, attempts, reason,
   data, entered_at)
SELECT %(tenant)s, %(automation)s, %(version)s, told.customer_id, told.key, told.passage, 'active', %(node)s, %(now)s,
       told.at, 0, '', told.data, told.at
FROM jsonb_to_recordset(%(rows)s::jsonb)
     AS told(customer_id bigint, key text, passage int, at timestamptz, data jsonb)
JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.id = told.customer_id
ORDER BY told.customer_id
ON CONFLICT DO NOTHING
RETURNING id, customer_id, entered_at

-- name: claim
-- walks enrolment_due; whoever another worker holds is passed over
SELECT id, customer_id, passage, node, reached_at, entered_at, attempts, data::text
FROM journeys_enrolment
WHERE tenant_id = %(tenant)s AND version_id = %(version)s AND state IN ('active', 'failed') AND due_at <= %(now)s
ORDER BY due_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED

-- name: stand
UPDATE journeys_enrolment e
SET node = told.node, state = told.state, due_at = told.due_at, reason = told.reason, reached_at = told.reached_at,
    attempts = told.attempts, finished_at = told.finished_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
     AS told(id bigint, node text, state text, due_at timestamptz, reason text, reached_at timestamptz, attempts int,
             finished_at timestamptz)
WHERE e.tenant_id = %(tenant)s AND e.id = told.id

-- name: take
INSERT INTO journeys_steptaken (tenant_id, enrolment_id, version_id, node, path, at)
SELECT %(tenant)s, id, %(version)s, node, path, at
FROM unnest(%(ids)s::bigint[], %(nodes)s::text[], %(paths)s::text[], %(moments)s::timestamptz[])
     AS told(id, node, path, at)
ON CONFLICT DO NOTHING

-- name: tenants_due
-- one look into enrolment_due for each version of an automation that is live
SELECT DISTINCT v.tenant_id
FROM journeys_version v JOIN journeys_automation a ON a.id = v.automation_id AND a.state = 'live'
WHERE EXISTS (SELECT FROM journeys_enrolment e
              WHERE e.tenant_id = v.tenant_id AND e.version_id = v.id AND e.state IN ('active', 'failed')
                AND e.due_at <= %(now)s)
