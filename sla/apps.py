from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SlaConfig(AppConfig):
    name = "sla"
    verbose_name = _("SLA")

    def ready(self) -> None:
        """Tell the agreements room how SLA terms are checked, read and edited."""
        from portal.agreements.agenda import register_agenda  # noqa: PLC0415
        from sla.scoreboard.agenda import agenda  # noqa: PLC0415
        from sla.terms import agreement  # noqa: PLC0415 - needs the app registry

        agreement.register()
        register_agenda(agenda)
