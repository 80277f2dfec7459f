from django.urls import path

from portal.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("preferences/", views.preferences, name="preferences"),
    path("demo/sign-in/", views.demo_sign_in, name="demo-sign-in"),
    path("design/", views.design, name="design"),
]
