"""Gathers the admin pages that the rooms of this app declare."""

from leads.activities import admin as activities
from leads.capture import admin as capture
from leads.database import admin as database
from leads.dispositions import admin as dispositions
from leads.handoffs import admin as handoffs
from leads.imports import admin as imports
from leads.meetings import admin as meetings
from leads.nurture import admin as nurture
from leads.tasks import admin as tasks

__all__ = [
    "activities",
    "capture",
    "database",
    "dispositions",
    "handoffs",
    "imports",
    "meetings",
    "nurture",
    "tasks",
]
