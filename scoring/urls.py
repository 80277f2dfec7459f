"""Gathers the addresses of this app's rooms."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("scoring.engine.urls")),
    path("", include("scoring.backtest.urls")),
    path("", include("scoring.feedback.urls")),
    path("", include("scoring.reviewing.urls")),
    path("", include("scoring.workshop.urls")),
]
