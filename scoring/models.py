"""Gathers the tables that the rooms of this app declare."""

from scoring.engine.models import Evidence

__all__ = ["Evidence"]
