"""Gathers what the SLA does when something happened; portal/lifecycle.py names when."""

from sla.breaches.handlers import keep_clocks, recompute_clocks, tell_of_breaches

__all__ = ["keep_clocks", "recompute_clocks", "tell_of_breaches"]
