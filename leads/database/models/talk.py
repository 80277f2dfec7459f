"""What people say of a lead, what became of it, and the filters they keep."""

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from leads.database.models.people import Lead
from portal.accounts.models import Side


class Note(models.Model):
    """A note or a question on a lead, by either side; questions are open until answered."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side, blank=True)
    text = models.TextField(_("text"), max_length=5000)
    is_question = models.BooleanField(_("is a question"), default=False)
    answers = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="answered_by"
    )
    resolved_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Opportunity(models.Model):
    """What became of an SQL: open, won with a value, or lost with a reason."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    handoff = models.OneToOneField("leads.Handoff", models.CASCADE, related_name="opportunity")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="opportunities")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    outcome = models.CharField(max_length=4, choices=Outcome, default=Outcome.OPEN)
    opened_at = models.DateTimeField(null=True)  # null: imported without a date
    closed_at = models.DateTimeField(null=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "opportunities"

    def __str__(self) -> str:
        return f"lead {self.lead_id}: {self.outcome}"


class SavedView(models.Model):
    """A named filter of a list: the query string, kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)  # the URL name of the list
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint(
                fields=["user", "page", "name"],
                name="leads_saved_view_name",
                violation_error_message=_("You have a view of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
