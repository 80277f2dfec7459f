from django.urls import path

from leads.nurture import views

urlpatterns = [path("nurture/", views.nurture, name="nurture")]
