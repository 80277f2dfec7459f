from django.urls import path

from leads.database import editing, monthly_views, posts, views

urlpatterns = [
    path("leads/", views.lead_list, name="leads"),
    path("leads/new/", editing.lead_new, name="lead-new"),
    path("leads/views/", views.lead_view_save, name="lead-view-save"),
    path("leads/views/<int:pk>/delete/", views.lead_view_delete, name="lead-view-delete"),
    path("leads/<uuid:public_id>/edit/", editing.lead_edit, name="lead-edit"),
    path("leads/<uuid:public_id>/notes/", posts.lead_note, name="lead-note"),
    path("leads/<uuid:public_id>/notes/<int:pk>/", posts.note_answer, name="note-answer"),
    path("leads/<uuid:public_id>/opportunity/", posts.opportunity_open, name="opportunity-open"),
    path("leads/<uuid:public_id>/won/", posts.opportunity_won, name="opportunity-won"),
    path("leads/<uuid:public_id>/lost/", posts.opportunity_lost, name="opportunity-lost"),
    path("companies/<uuid:public_id>/", views.company, name="company"),
    path("sources/", views.sources, name="sources"),
    path("sources/figures/", monthly_views.figures, name="source-figures"),
]
