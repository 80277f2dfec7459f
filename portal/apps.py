from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        """Remake triggers and views around migrations: SQLite drops them silently otherwise."""
        from portal.core import database_objects, sqlite_limits  # noqa: PLC0415 - needs the app registry

        connection_created.connect(sqlite_limits.raise_parameter_limit)
        pre_migrate.connect(database_objects.drop_before_migrations, sender=self)
        post_migrate.connect(database_objects.make_after_migrations)


class PortalAdminConfig(AdminConfig):
    """Django's admin with our own site: the admin role only, and our own tables only."""

    default_site = "portal.core.admin.PortalAdminSite"
