from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SlaConfig(AppConfig):
    name = "sla"
    verbose_name = _("SLA")

    def ready(self) -> None:
        from portal.agreements.registry import register_kind  # noqa: PLC0415 - needs the apps
        from sla.terms.agreement import TERMS  # noqa: PLC0415

        register_kind(TERMS)
