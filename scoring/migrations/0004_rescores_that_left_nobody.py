from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0003_amendments"),
    ]

    operations = [
        migrations.AddField(
            model_name="rescore",
            name="left_nobody",
            field=models.BooleanField(default=False),
        ),
    ]
