-- name: take
-- whoever takes a row takes it away in the same transaction; a worker that dies puts it back
DELETE FROM journeys_heard WHERE tenant_id = %(tenant)s AND id = ANY(ARRAY(
  SELECT id FROM journeys_heard WHERE tenant_id = %(tenant)s ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
RETURNING kind, ref, customer_id, event_id, at
