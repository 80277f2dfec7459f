from django.urls import path

from portal.home import design, palette, stopping, views

urlpatterns = [
    path("", views.home, name="home"),
    path("preferences/", views.preferences, name="preferences"),
    path("digest/off/<str:token>/", stopping.digest_off, name="digest-off"),
    path("find/", palette.find_page, name="find"),
    path("demo/sign-in/", views.demo_sign_in, name="demo-sign-in"),
    path("design/", design.design, name="design"),
]
