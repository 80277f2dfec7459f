"""Gathers the addresses of this app's rooms."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("leads.imports.urls")),
    path("", include("leads.dispositions.urls")),
    path("", include("leads.database.urls")),
    path("", include("leads.tasks.urls")),
    path("", include("leads.capture.urls")),
    path("", include("leads.nurture.urls")),
    path("", include("leads.meetings.urls")),
]
