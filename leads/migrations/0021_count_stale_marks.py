"""Two marks of a lead are never equal: the database adds the column without writing a row anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0020_keep_stale_marks_in_a_narrow_table")]
    operations = [
        migrations.AddField(
            "standing", "stale_marks", models.IntegerField(default=0, db_default=0)
        ),
    ]
