"""Breaches found before there were ladders have been told of already. Safe to run again."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    breaches = apps.get_model("sla", "Breach").objects.using(schema_editor.connection.alias)
    breaches.filter(ladder_at=None).update(ladder_at=F("found_at"))


class Migration(migrations.Migration):
    dependencies = [("sla", "0003_ladders_excuses_and_limits_of_pauses")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
