import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_reasons")]

    operations = [
        migrations.CreateModel(
            name="LeadWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.CharField(db_index=True, max_length=60)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="words",
                        to="leads.lead",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.UniqueConstraint(
                condition=models.Q(("domain", "")), fields=("key",), name="leads_company_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="leadword",
            constraint=models.UniqueConstraint(fields=("lead", "word"), name="leads_word_once"),
        ),
    ]
