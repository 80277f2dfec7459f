"""Gathers the addresses of this app's rooms."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("sla.clocks.urls")),
    path("", include("sla.breaches.urls")),
    path("", include("sla.terms.urls")),
    path("", include("sla.rehearsal.urls")),
    path("", include("sla.scoreboard.urls")),
]
