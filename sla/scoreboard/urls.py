from django.urls import path

from sla.scoreboard import taking, views

urlpatterns = [
    path("sla/", views.scoreboard, name="scoreboard"),
    path("sla/scoreboard.<slug:form>", taking.scoreboard_file, name="scoreboard-file"),
    path("sla/clocks.<slug:form>", taking.clocks_file, name="clocks-file"),
    path("sla/due/", taking.due_times, name="due-times"),
    path("sla/due/<str:secret>.ics", taking.due_calendar_file, name="due-calendar"),
    path("sla/clocks/", views.clocks, name="clocks"),
    path("sla/clocks/<int:clock_id>/", views.clock, name="clock"),
]
