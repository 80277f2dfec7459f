from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("leads", "0010_handed_over_again_and_meetings_held")]

    operations = [
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=Q(
                    ("is_decided", False), ("origin", "live"), ("snoozed_until__isnull", False)
                ),
                fields=["snoozed_until"],
                name="leads_snoozed_open",
            ),
        ),
    ]
