from django.urls import path

from portal.leadpage import views

urlpatterns = [
    path("leads/<uuid:public_id>/", views.lead, name="lead"),
    path("leads/<uuid:public_id>/touch/", views.lead_touch, name="lead-touch"),
    path("leads/<uuid:public_id>/hand-over/", views.lead_hand_over, name="lead-hand-over"),
]
