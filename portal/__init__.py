"""The roof: settings, URLs, the lifecycle table, and the pages that show more than one app."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
