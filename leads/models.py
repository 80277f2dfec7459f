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
    Presence,
    SalesTime,
    SavedView,
    Source,
    Spend,
    StageChange,
    Standing,
    VisitorCount,
)
from leads.dispositions.models import Appeal, CallSheet, Disposition, Merge, Reason
from leads.handoffs.models import Handoff, Release
from leads.handoffs.skip_models import Skip
from leads.imports.models import Import, RejectedRow, SavedMapping
from leads.meetings.models import Meeting
from leads.nurture.models import Nurture
from leads.tasks.models import FollowUp

__all__ = [
    "Activity",
    "Appeal",
    "CallSheet",
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
    "Meeting",
    "Merge",
    "Note",
    "Nurture",
    "Opportunity",
    "Presence",
    "Reason",
    "RejectedRow",
    "Release",
    "SalesTime",
    "SavedMapping",
    "SavedView",
    "Skip",
    "Source",
    "Spend",
    "StageChange",
    "Standing",
    "Submission",
    "TrackedObject",
    "VisitorCount",
]
