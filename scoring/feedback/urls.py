from django.urls import path

from scoring.feedback import views

urlpatterns = [
    path("rejections/", views.rejections, name="rejections"),
    path("rejections/leads/", views.rejected_leads, name="rejected-leads"),
]
