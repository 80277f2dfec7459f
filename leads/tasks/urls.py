from django.urls import path

from leads.tasks import views

urlpatterns = [
    path("follow-ups/", views.follow_up_list, name="follow-ups"),
    path("follow-ups/<int:pk>/done/", views.follow_up_done, name="follow-up-done"),
    path("follow-ups/<int:pk>/reopen/", views.follow_up_reopen, name="follow-up-reopen"),
    path("leads/<uuid:public_id>/follow-up/", views.follow_up_new, name="follow-up-new"),
]
