from django.urls import path

from portal.agreements.urls import agreement_urls
from scoring.definitions.services import KIND
from scoring.workshop import (
    catalogue_views,
    mend_views,
    preview_views,
    segment_views,
    try_views,
    wizard_views,
)

ONE = "definitions/<int:number>/"

urlpatterns = [
    *agreement_urls(
        KIND, folder="definitions", list_name="definitions", version_name="definition"
    ),
    path(f"{ONE}preview/", preview_views.preview_page, name="definition-preview"),
    path(f"{ONE}try/", try_views.try_page, name="definition-try"),
    path(f"{ONE}catalogue/", catalogue_views.catalogue, name="definition-catalogue"),
    path("definitions/segments/", segment_views.segments, name="definition-segments"),
    path("definitions/segments/order/", segment_views.order, name="definition-order"),
    path("definitions/wizard/", wizard_views.begin, name="definition-begin"),
    path(f"{ONE}wizard/<int:step>/", wizard_views.step, name="definition-wizard"),
    path(f"{ONE}fix/", mend_views.fix, name="definition-fix"),
]  # fmt: skip
