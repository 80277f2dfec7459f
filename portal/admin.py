"""Gathers the admin pages that the portal's rooms declare."""

from portal.agreements import admin as agreements
from portal.events import admin as events
from portal.home import admin as people
from portal.watches import admin as watches

__all__ = ["agreements", "events", "people", "watches"]
