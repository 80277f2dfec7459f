"""Gathers the admin pages that the rooms of this app declare."""

from scoring.engine import admin as engine

__all__ = ["engine"]
