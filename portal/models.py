"""Gathers the tables that the portal's rooms declare."""

from portal.accounts.models import ApiKey, Invitation, Membership, Organisation, Team, User
from portal.agreements.cadence_models import Decision, Review
from portal.agreements.models import (
    Activation,
    Agreement,
    Clause,
    Comment,
    Editing,
    Override,
    Signature,
    Version,
)
from portal.agreements.ordering_models import Ordering
from portal.core.models import Heartbeat, IdempotentAnswer, RateCount, Unlock
from portal.dashboards.models import KeptFunnel
from portal.events.models import Delivery, Event, EventLead
from portal.notifications.channel_models import Channel
from portal.notifications.models import Notification
from portal.watches.models import Alert, Snooze, WatchSetting

__all__ = [
    "Activation",
    "Agreement",
    "Alert",
    "ApiKey",
    "Channel",
    "Clause",
    "Comment",
    "Decision",
    "Delivery",
    "Editing",
    "Event",
    "EventLead",
    "Heartbeat",
    "IdempotentAnswer",
    "Invitation",
    "KeptFunnel",
    "Membership",
    "Notification",
    "Ordering",
    "Organisation",
    "Override",
    "RateCount",
    "Review",
    "Signature",
    "Snooze",
    "Team",
    "Unlock",
    "User",
    "Version",
    "WatchSetting",
]
