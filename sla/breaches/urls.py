from django.urls import path

from sla.breaches import views

urlpatterns = [
    path("sla/clocks/<int:clock_id>/pause/", views.pause, name="clock-pause"),
    path("sla/clocks/<int:clock_id>/resume/", views.resume, name="clock-resume"),
    path("sla/clocks/<int:clock_id>/excuse/", views.excuse, name="clock-excuse"),
    path("sla/clocks/<int:clock_id>/excuse/back/", views.excuse_back, name="clock-excuse-back"),
]
