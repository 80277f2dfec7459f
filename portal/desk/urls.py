from django.urls import path

from portal.desk import views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/<uuid:public_id>/", views.desk_handoff, name="desk-handoff"),
    path("desk/<uuid:public_id>/accept/", views.desk_accept, name="desk-accept"),
    path("desk/<uuid:public_id>/reject/", views.desk_reject, name="desk-reject"),
    path("desk/<uuid:public_id>/touch/", views.desk_touch, name="desk-touch"),
    path("desk/<uuid:public_id>/note/", views.desk_note, name="desk-note"),
    path("desk/decisions/<int:pk>/undo/", views.desk_undo, name="desk-undo"),
]
