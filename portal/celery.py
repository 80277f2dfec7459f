"""The worker's application. Rooms with tasks are listed here, one by one: nothing is discovered."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.imports = (
    "portal.core.tasks",
    "portal.events.tasks",
    "portal.dashboards.tasks",
    "portal.home.tasks",
    "portal.watches.tasks",
    "portal.agreements.tasks",
    "leads.database.tasks",
    "leads.imports.tasks",
    "leads.routing.tasks",
    "scoring.engine.tasks",
    "scoring.feedback.tasks",
    "scoring.backtest.tasks",
    "sla.breaches.tasks",
    "sla.escalations.tasks",
    "sla.scoreboard.tasks",
)
