import django.db.models.deletion
from django.db import migrations, models


def leave_room(apps, schema_editor):
    """PostgreSQL keeps a changed row on its page where half of it is free: no index follows."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE leads_standing SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0012_count_open_sqls_of_a_person"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="standing", name="leads_standing_version"),
        migrations.AlterField(
            model_name="standing",
            name="version",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.version",
            ),
        ),
        migrations.RunPython(leave_room, migrations.RunPython.noop, elidable=False),
    ]
