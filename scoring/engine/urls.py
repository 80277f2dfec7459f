from django.urls import path

from scoring.engine import columns_views, rescore_views, views

urlpatterns = [
    path("releases/", views.releases, name="releases"),
    path("releases/release/", views.release, name="release"),
    path("releases/rescore/", rescore_views.rescore, name="rescore"),
    path("columns/", columns_views.columns, name="columns"),
]
