from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_tell_rejected_rows_of_one_key_apart")]

    operations = [
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=["external_id"],
                name="leads_by_external_id",
            ),
        ),
    ]
