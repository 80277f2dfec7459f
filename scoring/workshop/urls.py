from portal.agreements.urls import agreement_urls
from scoring.definitions.services import KIND

urlpatterns = agreement_urls(
    KIND, folder="definitions", list_name="definitions", version_name="definition"
)
