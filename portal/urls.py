"""Every address of the site. Apps gather their rooms' patterns; pages over apps are here."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("portal.api")),  # first: machines ask far more often than people
    path("", include("portal.home.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("portal.agreements.cadence_urls")),
    path("", include("portal.notifications.urls")),
    path("", include("portal.desk.urls")),
    path("", include("portal.leadpage.urls")),
    path("", include("portal.dashboards.urls")),
    path("", include("leads.urls")),
    path("", include("scoring.urls")),
    path("", include("sla.urls")),
    path("accounts/", include("portal.accounts.entrance")),
    path("admin/", admin.site.urls),
]
