from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    name = "scoring"
    verbose_name = _("Scoring")

    def ready(self) -> None:
        """Tell the agreements room how definitions are checked, read and shown."""
        from scoring.definitions import registration  # noqa: PLC0415 - needs the app registry
        from scoring.workshop import registration as pages  # noqa: PLC0415

        registration.register()
        pages.register()
