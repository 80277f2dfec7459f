from django.urls import path

from portal.dashboards import views

urlpatterns = [
    path("team/", views.team, name="team"),
    path("team/<uuid:public_id>/reassign/", views.team_reassign, name="team-reassign"),
    path("my-sqls/", views.my_sqls, name="my-sqls"),
]
