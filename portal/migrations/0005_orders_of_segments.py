"""Segments are clauses of what is signed; the order in which they are tried takes both sides."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0004_co_editing_overrides_reviews"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="agreement",
            name="segment",
        ),
        migrations.AddField(
            model_name="agreement",
            name="ordered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Ordering",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("order", models.JSONField()),
                ("words", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("is_agreed", models.BooleanField(default=False)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at", None)),
                        fields=("kind",),
                        name="portal_one_ordering_asked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_agreed", False), ("answered_at__isnull", False), _connector="OR"
                        ),
                        name="portal_ordering_agreed",
                    ),
                ],
            },
        ),
    ]
