from django.urls import path

from leads.imports import views

urlpatterns = [
    path("leads/import/", views.import_list, name="imports"),
    path("leads/import/new/", views.import_new, name="import-new"),
    path("leads/import/<uuid:public_id>/", views.import_page, name="import"),
    path("leads/import/<uuid:public_id>/columns/", views.import_mapping, name="import-mapping"),
    path("leads/import/<uuid:public_id>/progress/", views.import_progress, name="import-progress"),
    path("leads/import/<uuid:public_id>/start/", views.import_start, name="import-start"),
    path("leads/import/<uuid:public_id>/cancel/", views.import_cancel, name="import-cancel"),
    path("leads/import/<uuid:public_id>/rejected/", views.import_rejected, name="import-rejected"),
]
