"""What is known of leads: snapshots of facts over a dictionary of texts."""

from django.conf import settings
from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from leads.database.models.people import Lead
from leads.database.registry import SetBy


class FactText(models.Model):
    """The dictionary of texts that facts hold: stored once, matched once."""

    text = models.CharField(max_length=300, unique=True)

    def __str__(self) -> str:
        return self.text


class DerivedRow(models.Model):
    """A row that an admin added to the table of derived facts; it goes before the built-in ones.

    ``says`` are words in a title, a domain, or the most people of a band; ``means`` is the fact.
    Rows are switched off, never deleted: what they meant stays to be read.
    """

    class Fact(models.TextChoices):
        SENIORITY = "seniority", _("Seniority, by words in the title")
        DEPARTMENT = "department", _("Department, by words in the title")
        SIZE_BAND = "size_band", _("Size band, by the most people in it")
        EMAIL_KIND = "email_kind", _("Kind of e-mail address, by its domain")

    fact = models.CharField(_("fact"), max_length=12, choices=Fact)
    says = models.CharField(_("says"), max_length=80)
    means = models.CharField(_("means"), max_length=40)
    is_active = models.BooleanField(_("counts"), default=True)

    class Meta:
        ordering = ["fact", "says"]
        constraints = [
            UniqueConstraint(
                fields=["fact", "says"],
                name="leads_derived_once",
                violation_error_message=_("There is a row for this already. Change that one."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.says}: {self.means}"


class FactSnapshot(models.Model):
    """All facts of one lead as known from one instant; append-only.

    Text facts hold ``FactText`` ids, numbers themselves, flags 0 or 1. ``set_by`` and ``actor``
    say who wrote this row; ``origins`` says for each fact with a value who set it and since when:
    ``{"title": [set_by, known_from as epoch seconds]}``. A value whose instant is older than
    ``known_from`` was carried over. A fact that was cleared keeps the origin of its clearing.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="snapshots")
    known_from = models.DateTimeField()
    recorded_at = models.DateTimeField()  # never used for scoring
    set_by = models.PositiveSmallIntegerField(choices=[(s.value, s.name.lower()) for s in SetBy])
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    origins = models.JSONField(default=dict)
    title = models.BigIntegerField(null=True)
    seniority = models.BigIntegerField(null=True)
    department = models.BigIntegerField(null=True)
    role = models.BigIntegerField(null=True)
    industry = models.BigIntegerField(null=True)
    company_size = models.BigIntegerField(null=True)
    size_band = models.BigIntegerField(null=True)
    company_type = models.BigIntegerField(null=True)
    country = models.BigIntegerField(null=True)
    region = models.BigIntegerField(null=True)
    city = models.BigIntegerField(null=True)
    team_size = models.BigIntegerField(null=True)
    use_case = models.BigIntegerField(null=True)
    timeline = models.BigIntegerField(null=True)
    budget = models.BigIntegerField(null=True)
    procurement = models.BigIntegerField(null=True)
    occupation = models.BigIntegerField(null=True)
    email_kind = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["known_from", "pk"]
        indexes = [Index(fields=["lead", "known_from", "id"], name="leads_snapshot_of_lead")]

    def __str__(self) -> str:
        return f"facts of lead {self.lead_id} from {self.known_from:%Y-%m-%d %H:%M}"
