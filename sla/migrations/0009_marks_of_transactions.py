from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0008_packed_promises_without_a_clock")]

    operations = [
        migrations.AddField("touchedday", "written_by", models.BigIntegerField(null=True)),
        migrations.RemoveField("packedday", "is_settled"),
    ]
