"""The frame every program's call stands in: limits, idempotency, strict JSON, pages, errors, OpenAPI."""
