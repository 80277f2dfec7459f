"""Gathers the tables that the rooms of this app declare."""

from scoring.backtest.models import (
    ActivationMove,
    ActivationReport,
    Backtest,
    Mover,
    Replayed,
)
from scoring.engine.models import Evidence
from scoring.feedback.models import Amendment, Learning, SecondOpinion
from scoring.reviewing.models import RejectionReview, ReviewedHandoff, Vote

__all__ = [
    "ActivationMove",
    "ActivationReport",
    "Amendment",
    "Backtest",
    "Evidence",
    "Learning",
    "Mover",
    "RejectionReview",
    "Replayed",
    "ReviewedHandoff",
    "SecondOpinion",
    "Vote",
]
