from django.urls import path

from portal.dashboards import alerts, funnel, left, members, notebooks, team, views

urlpatterns = [
    path("dashboard/", funnel.dashboard, name="dashboard"),
    path("dashboard.<slug:form>", funnel.dashboard_file, name="dashboard-file"),
    path("dashboard/notebooks/", notebooks.notebooks, name="notebooks"),
    path("dashboard/notebooks/<slug:view>.parquet", notebooks.notebook_file, name="notebook-file"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("alerts/<int:pk>/snooze/", alerts.alert_snooze, name="alert-snooze"),
    path("alerts/<int:pk>/wake/", alerts.alert_wake, name="alert-wake"),
    path("team/", team.team, name="team"),
    path("team/<int:team_id>/", team.team_board, name="team-board"),
    path("team/<int:team_id>/pass-on/", team.team_pass_on, name="team-pass-on"),
    path(
        "team/<int:team_id>/pass-back/<int:event_id>/", team.team_pass_back, name="team-pass-back"
    ),
    path("team/<int:team_id>/members/", members.team_members, name="team-members"),
    path("team/<int:team_id>/away/<int:member_id>/", members.team_away, name="team-away"),
    path("team/<int:team_id>/back/<int:member_id>/", members.team_back, name="team-back"),
    path("team/<int:team_id>/left/", left.team_left, name="team-left"),
    path("my-sqls/", views.my_sqls, name="my-sqls"),
]
