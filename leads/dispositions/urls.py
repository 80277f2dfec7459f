from django.urls import path

from leads.dispositions import appeal_pages, merge_pages

urlpatterns = [
    path("appeals/", appeal_pages.appeal_list, name="appeals"),
    path("appeals/<int:pk>/", appeal_pages.appeal, name="appeal"),
    path("decisions/<int:pk>/contest/", appeal_pages.contest, name="contest"),
    path("leads/<uuid:public_id>/merge/", merge_pages.lead_merge, name="lead-merge"),
    path(
        "leads/<uuid:public_id>/merge/<uuid:other>/",
        merge_pages.lead_merge_with,
        name="lead-merge-with",
    ),
    path("merges/<int:pk>/undo/", merge_pages.merge_undo, name="merge-undo"),
]
