"""Gathers the tables that the rooms of this app declare."""

from leads.activities.models import Activity, TrackedObject
from leads.capture.models import CaptureForm, Consent, Submission
from leads.database.models import (
    Campaign,
    Company,
    FactSnapshot,
    FactText,
    Lead,
    LeadWord,
    Note,
    Opportunity,
    SavedView,
    Source,
    Spend,
    StageChange,
    Standing,
)
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff, Release
from leads.imports.models import Import, RejectedRow, SavedMapping
from leads.nurture.models import Nurture
from leads.tasks.models import FollowUp

__all__ = [
    "Activity",
    "Campaign",
    "CaptureForm",
    "Company",
    "Consent",
    "Disposition",
    "FactSnapshot",
    "FactText",
    "FollowUp",
    "Handoff",
    "Import",
    "Lead",
    "LeadWord",
    "Note",
    "Nurture",
    "Opportunity",
    "Reason",
    "RejectedRow",
    "Release",
    "SavedMapping",
    "SavedView",
    "Source",
    "Spend",
    "StageChange",
    "Standing",
    "Submission",
    "TrackedObject",
]
