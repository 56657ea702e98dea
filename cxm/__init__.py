"""CXM: one place where a business knows, guides, addresses, hears and measures its customers."""

from cxm.celery import app as celery_app

__all__ = ["celery_app"]
