"""When leads and handoffs last changed, so that who follows them asks for what is new only."""

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def fill(apps, schema_editor):
    """What is there already changed now, as far as anybody can tell."""
    now = timezone.now().replace(microsecond=0)
    for name in ("Standing", "Handoff"):
        rows = apps.get_model("leads", name).objects.using(schema_editor.connection.alias)
        rows.filter(changed_at=None).update(changed_at=now)


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0016_visitors_and_sales_time"),
        ("portal", "0006_alerts_and_channels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "standing", "changed_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            "handoff", "changed_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
