"""Gathers the addresses that the rooms of this app answer under /api/v1/."""

from django.urls import path

from scoring.engine.api import HandoffDetail

urlpatterns = [
    path("handoffs/<uuid:public_id>/", HandoffDetail.as_view(), name="api-handoff"),
]
