from django.urls import path

from leads.meetings import views

urlpatterns = [
    path("meetings/", views.meeting_list, name="meetings"),
    path("meetings/<uuid:public_id>/", views.meeting, name="meeting"),
    path("meetings/<uuid:public_id>/meeting.ics", views.meeting_ics, name="meeting-ics"),
    path("meetings/<uuid:public_id>/cancel/", views.meeting_cancel, name="meeting-cancel"),
    path("meetings/<uuid:public_id>/held/", views.meeting_held, name="meeting-held"),
]
