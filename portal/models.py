"""Gathers the tables that the portal's rooms declare."""

from portal.accounts.models import ApiKey, Invitation, Membership, Organisation, Team, User
from portal.agreements.models import (
    Activation,
    Agreement,
    Clause,
    Comment,
    Signature,
    Version,
)
from portal.core.models import Heartbeat, IdempotentAnswer, RateCount, Unlock
from portal.events.models import Delivery, Event, EventLead
from portal.notifications.models import Notification

__all__ = [
    "Activation",
    "Agreement",
    "ApiKey",
    "Clause",
    "Comment",
    "Delivery",
    "Event",
    "EventLead",
    "Heartbeat",
    "IdempotentAnswer",
    "Invitation",
    "Membership",
    "Notification",
    "Organisation",
    "RateCount",
    "Signature",
    "Team",
    "Unlock",
    "User",
    "Version",
]
