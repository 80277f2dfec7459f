from django.urls import path

from portal.notifications import channel_views, views

urlpatterns = [
    path("notifications/", views.notification_list, name="notifications"),
    path("notifications/read/", views.notifications_read, name="notifications-read"),
    path("notifications/<int:pk>/", views.notification_open, name="notification-open"),
    path("channels/", channel_views.channels, name="channels"),
    path("channels/<int:pk>/", channel_views.channel, name="channel"),
]
