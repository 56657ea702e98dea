"""Who is in a segment, kept by set-based diffs."""


def refresh_now(*, tenant_id: int, segment_id: int) -> None:
    """Bring a segment's members up to date."""
