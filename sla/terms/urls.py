from portal.agreements.urls import agreement_urls
from sla.terms.queries import KIND

urlpatterns = agreement_urls(
    KIND, folder="sla/terms", list_name="terms", version_name="terms-version"
)
