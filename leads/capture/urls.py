from django.urls import path

from leads.capture import views

urlpatterns = [
    path("f/<slug:slug>/", views.capture, name="capture"),
    path("f/<slug:slug>/thanks/", views.thanks, name="capture-thanks"),
]
