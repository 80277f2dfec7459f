"""Fill the reason codes. Safe to run again; an admin may change labels and effects afterwards."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code, label, group, effect, blames, more
REASONS = (
    ("wrong_industry", "Wrong industry", "fit", "disqualify", "fit", {"first": 1}),
    ("wrong_size", "Too small or too large", "fit", "disqualify", "fit", {"first": 2}),
    ("not_a_decision_maker", "Not a decision-maker", "authority", "recycle", "fit", {"first": 3}),
    ("bad_timing", "Bad timing", "timing", "recycle", "engagement", {"first": 4, "date": True}),
    ("just_exploring", "Just exploring", "timing", "recycle", "engagement", {"first": 5}),
    ("no_need", "No need we solve", "need", "recycle", "fit", {"first": 6}),
    ("unresponsive", "Unresponsive", "reach", "recycle", "engagement", {"first": 7, "attempts": 2}),
    ("bad_contact_data", "Wrong contact data", "data", "mend", "data", {"first": 8}),
    ("spam", "Spam or test", "data", "disqualify", "data", {"first": 9}),
    ("content_only", "Only wanted the content", "need", "recycle", "engagement", {}),
    ("no_budget", "No budget", "budget", "recycle", "fit", {}),
    ("competitor", "Competitor, or went to one", "fit", "disqualify", "fit", {}),
    ("student", "Student or researcher", "fit", "disqualify", "fit", {}),
    ("freelancer", "Freelancer", "fit", "disqualify", "fit", {}),
    ("wrong_region", "Wrong region", "fit", "disqualify", "fit", {}),
    ("existing_customer", "Existing customer", "fit", "disqualify", "fit", {}),
    ("not_a_fit", "Not a fit", "fit", "disqualify", "fit", {}),
    ("wrong_product", "Wants something we do not sell", "need", "disqualify", "fit", {}),
    ("not_interested", "Not interested", "need", "recycle", "engagement", {}),
    ("no_answer", "Does not answer", "reach", "recycle", "engagement", {}),
    ("duplicate", "Duplicate", "data", "duplicate", "data", {}),
    ("other", "Other, in words", "other", "recycle", "none", {"note": True}),
    ("not_stated", "Not stated", "other", "recycle", "none", {"hidden": True}),
)


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Reason = apps.get_model("leads", "Reason")
    for place, (code, label, group, effect, blames, more) in enumerate(REASONS, start=10):
        Reason.objects.using(schema_editor.connection.alias).get_or_create(
            code=code,
            defaults={
                "label": label,
                "group": group,
                "effect": effect,
                "blames": blames,
                "needs_date": more.get("date", False),
                "needs_note": more.get("note", False),
                "needs_attempts": more.get("attempts", 0),
                "position": more.get("first", place),
                "is_primary": "first" in more,
                "is_active": not more.get("hidden", False),
            },
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=False)]
