from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0007_touched_handoffs")]

    operations = [
        migrations.AlterField("packedday", "clocks", models.BinaryField(default=b"")),
        migrations.AlterField("packedday", "handoffs", models.BinaryField(default=b"")),
        migrations.AddField("packedday", "known", models.BinaryField(default=b"")),
        migrations.AddField("packedday", "tries", models.BinaryField(default=b"")),
        migrations.AddField("packedday", "is_settled", models.BooleanField(default=False)),
    ]
