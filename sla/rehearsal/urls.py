from django.urls import path

from sla.rehearsal import views

urlpatterns = [
    path("sla/terms/<int:number>/rehearsal/", views.rehearsal, name="terms-rehearsal"),
]
