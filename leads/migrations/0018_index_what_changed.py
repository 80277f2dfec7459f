"""Lists of what changed since an instant begin in these indexes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0017_stamp_what_changed")]
    operations = [
        migrations.AddIndex(
            "standing", models.Index(fields=["changed_at", "lead"], name="leads_by_change")
        ),
        migrations.AddIndex(
            "handoff", models.Index(fields=["changed_at", "id"], name="leads_handoffs_by_change")
        ),
    ]
