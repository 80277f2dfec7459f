"""The lead database: companies, leads, what is known of them, their score, what became of them."""

from leads.database.models.knowledge import DerivedRow, FactSnapshot, FactText
from leads.database.models.origins import (
    Campaign,
    Company,
    SalesTime,
    Source,
    Spend,
    VisitorCount,
)
from leads.database.models.people import AFTER_SQL, Lead, LeadQuerySet, LeadWord, Stage, StageChange
from leads.database.models.presence import Presence
from leads.database.models.scores import UNSCORED, Gate, StaleCause, StaleLead, Standing
from leads.database.models.talk import Note, Opportunity, SavedView

__all__ = [
    "AFTER_SQL",
    "UNSCORED",
    "Campaign",
    "Company",
    "DerivedRow",
    "FactSnapshot",
    "FactText",
    "Gate",
    "Lead",
    "LeadQuerySet",
    "LeadWord",
    "Note",
    "Opportunity",
    "Presence",
    "SalesTime",
    "SavedView",
    "Source",
    "Spend",
    "Stage",
    "StageChange",
    "StaleCause",
    "StaleLead",
    "Standing",
    "VisitorCount",
]
