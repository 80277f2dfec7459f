"""Gathers the addresses that the rooms of this app answer under /api/v1/."""

from django.urls import path

from leads.activities.api import Activities, ActivityBatch
from leads.capture.api import Leads
from leads.database.api import LeadDetail
from leads.database.monthly_api import SalesTimes, VisitorCounts
from leads.dispositions.api import HandoffDisposition
from leads.handoffs.api import HandoffList

urlpatterns = [
    path("leads/", Leads.as_view(), name="api-leads"),
    path("leads/<uuid:public_id>/", LeadDetail.as_view(), name="api-lead"),
    path("activities/", Activities.as_view(), name="api-activities"),
    path("activities/batch/", ActivityBatch.as_view(), name="api-activity-batch"),
    path("visitors/", VisitorCounts.as_view(), name="api-visitors"),
    path("sales-time/", SalesTimes.as_view(), name="api-sales-time"),
    path("handoffs/", HandoffList.as_view(), name="api-handoffs"),
    path(
        "handoffs/<uuid:public_id>/disposition/",
        HandoffDisposition.as_view(),
        name="api-handoff-disposition",
    ),
]
