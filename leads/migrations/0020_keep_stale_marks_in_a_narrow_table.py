"""Settling a lead moves its score row no more: no index follows its mark, nothing its version.

The rows of leads that are stale now are written when the triggers are made (portal.core.stale).
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0019_when_the_decider_opened_it"),
        ("portal", "0007_keep_the_funnel_of_a_large_company"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaleLead",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="leads.standing",
                    ),
                ),
                ("since", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RemoveIndex(model_name="standing", name="leads_stale"),
        migrations.AlterField(
            model_name="standing",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.version",
            ),
        ),
    ]
