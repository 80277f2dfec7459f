from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0006_packed_days")]

    operations = [
        migrations.AddField("touchedday", "handoff", models.BigIntegerField(null=True)),
    ]
