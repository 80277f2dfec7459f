"""Gathers the addresses that the rooms of this app answer under /api/v1/."""

from django.urls import path

from scoring.backtest.api import BacktestDetail
from scoring.engine.api import HandoffDetail
from scoring.engine.score_api import LeadScore
from scoring.workshop.api import PreviewDetail

urlpatterns = [
    path("definitions/<int:number>/backtest/", BacktestDetail.as_view(), name="api-backtest"),
    path("definitions/<int:number>/preview/", PreviewDetail.as_view(), name="api-preview"),
    path("handoffs/<uuid:public_id>/", HandoffDetail.as_view(), name="api-handoff"),
    path("leads/<uuid:public_id>/score/", LeadScore.as_view(), name="api-lead-score"),
]
