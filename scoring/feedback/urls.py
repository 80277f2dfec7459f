from django.urls import path

from scoring.feedback import amendment_views, scoring_views, views

urlpatterns = [
    path("rejections/", views.rejections, name="rejections"),
    path("rejections/leads/", views.rejected_leads, name="rejected-leads"),
    path("scoring/", scoring_views.scoring, name="scoring"),
    path("scoring/together/", scoring_views.together, name="scoring-together"),
    path("scoring/drift/", scoring_views.drift, name="scoring-drift"),
    path("scoring/causes/", scoring_views.causes, name="causes"),
    path("scoring/reasons/", scoring_views.reason_quality, name="reason-quality"),
    path("scoring/amendments/", amendment_views.amendments, name="amendments"),
    path("scoring/amendments/look/", amendment_views.look, name="amendments-look"),
    path("scoring/amendments/draft/", amendment_views.draft, name="amendments-draft"),
    path("scoring/amendments/<int:pk>/", amendment_views.amendment, name="amendment"),
]
