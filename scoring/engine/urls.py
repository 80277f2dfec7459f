from django.urls import path

from scoring.engine import views

urlpatterns = [
    path("releases/", views.releases, name="releases"),
    path("releases/release/", views.release, name="release"),
]
