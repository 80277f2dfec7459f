from django.urls import path

from sla.scoreboard import views

urlpatterns = [
    path("sla/", views.scoreboard, name="scoreboard"),
    path("sla/clocks/", views.clocks, name="clocks"),
    path("sla/clocks/<int:clock_id>/", views.clock, name="clock"),
]
