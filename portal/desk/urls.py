from django.urls import path

from portal.desk import bulk, calling, playing, views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/bulk/", bulk.desk_bulk, name="desk-bulk"),
    path("desk/bulk/<int:pk>/undo/", bulk.desk_bulk_undo, name="desk-bulk-undo"),
    path("desk/<uuid:public_id>/", views.desk_handoff, name="desk-handoff"),
    path("desk/<uuid:public_id>/accept/", views.desk_accept, name="desk-accept"),
    path("desk/<uuid:public_id>/reject/", views.desk_reject, name="desk-reject"),
    path("desk/<uuid:public_id>/call-sheet/", calling.desk_sheet, name="desk-sheet"),
    path("desk/<uuid:public_id>/touch/", calling.desk_touch, name="desk-touch"),
    path("desk/<uuid:public_id>/note/", calling.desk_note, name="desk-note"),
    path("desk/<uuid:public_id>/skip/", playing.desk_skip, name="desk-skip"),
    path("desk/<uuid:public_id>/snooze/", playing.desk_snooze, name="desk-snooze"),
    path("desk/<uuid:public_id>/wake/", playing.desk_wake, name="desk-wake"),
    path("desk/<uuid:public_id>/stay/", playing.desk_stay, name="desk-stay"),
    path("desk/<uuid:public_id>/break/", playing.desk_break, name="desk-break"),
    path("desk/decisions/<int:pk>/undo/", views.desk_undo, name="desk-undo"),
]
