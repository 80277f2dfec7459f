from django.urls import path

from scoring.reviewing import opinion_views, outcome_views, views

urlpatterns = [
    path("scoring/review/", views.rejection_reviews, name="rejection-reviews"),
    path("scoring/review/start/", views.start, name="rejection-review-start"),
    path("scoring/review/<int:pk>/", outcome_views.rejection_review, name="rejection-review"),
    path("scoring/review/<int:pk>/on/", views.go_on, name="rejection-review-on"),
    path("scoring/review/<int:pk>/<int:place>/", views.handoff, name="rejection-review-handoff"),
    path("scoring/second-opinions/", opinion_views.second_opinions, name="second-opinions"),
]
