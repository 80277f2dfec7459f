from django.urls import path

from portal.accounts import views

urlpatterns = [
    path("people/invite/", views.invite, name="invite"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
]
