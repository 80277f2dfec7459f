from django.urls import path

from sla.clocks import calendar_views as views

urlpatterns = [
    path("sla/calendars/", views.calendar_list, name="calendars"),
    path("sla/calendars/new/", views.calendar_new, name="calendar-new"),
    path("sla/calendars/<slug:slug>/", views.calendar, name="calendar"),
    path("sla/calendars/<slug:slug>/week/", views.calendar_week, name="calendar-week"),
    path("sla/calendars/<slug:slug>/day/", views.calendar_day, name="calendar-day"),
    path("sla/calendars/<slug:slug>/holidays/", views.calendar_holidays, name="calendar-holidays"),
    path("sla/calendars/<slug:slug>/person/", views.calendar_person, name="calendar-person"),
    path(
        "sla/calendars/<slug:slug>/days/<int:pk>/remove/",
        views.calendar_day_remove,
        name="calendar-day-remove",
    ),
]
