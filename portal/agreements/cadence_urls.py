from django.urls import path

from portal.agreements import cadence_views

urlpatterns = [
    path("reviews/", cadence_views.reviews, name="reviews"),
    path("reviews/<int:pk>/", cadence_views.review, name="review"),
]
