from django.urls import path

from scoring.backtest import activation_views, views

ONE = "definitions/<int:number>/"

urlpatterns = [
    path(f"{ONE}backtest/", views.backtest, name="definition-backtest"),
    path(f"{ONE}backtest/cancel/", views.cancel, name="definition-backtest-cancel"),
    path(f"{ONE}backtest/leads/", views.leads, name="definition-backtest-leads"),
    path(f"{ONE}backtest/movers/", views.movers, name="definition-backtest-movers"),
    path(f"{ONE}activation/", activation_views.activation, name="definition-activation"),
]
