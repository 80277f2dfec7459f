from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0005_due_feeds")]

    operations = [
        migrations.CreateModel(
            name="PackedDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("form", models.PositiveSmallIntegerField()),
                ("clocks", models.BinaryField()),
                ("handoffs", models.BinaryField()),
                ("packed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="TouchedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(db_index=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("stamped_at", None)),
                fields=["started_at"],
                name="sla_clock_running",
            ),
        ),
    ]
