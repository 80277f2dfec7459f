from django.urls import path

from portal.leadpage import booking, erasing, score_page, views

urlpatterns = [
    path("leads/<uuid:public_id>/", views.lead, name="lead"),
    path("leads/<uuid:public_id>/score/", score_page.lead_score, name="lead-score"),
    path("leads/<uuid:public_id>/touch/", views.lead_touch, name="lead-touch"),
    path("leads/<uuid:public_id>/hand-over/", views.lead_hand_over, name="lead-hand-over"),
    path("leads/<uuid:public_id>/erase/", erasing.lead_erase, name="lead-erase"),
    path("leads/<uuid:public_id>/meetings/new/", booking.meeting_new, name="meeting-new"),
    path("meetings/<uuid:public_id>/move/", booking.meeting_move, name="meeting-move"),
]
