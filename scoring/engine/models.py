"""The evidence that each handoff froze."""

from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _


class Evidence(models.Model):
    """Why one handoff was made: the whole explanation as it stood then. Never changes.

    ``document`` holds factors with the facts and activity ids behind them, group sums, caps,
    total and gates; ids and values of facts, no names or addresses. Fit and engagement are
    hundredths of points. ``reconstructed`` marks evidence of imported handoffs, worked out as of
    their instant under the version in force when they were imported; it is shown apart.
    """

    class Kind(models.TextChoices):
        FROZEN = "frozen", _("Frozen at handoff")
        RECONSTRUCTED = "reconstructed", _("Reconstructed")

    handoff = models.OneToOneField(
        "leads.Handoff", models.PROTECT, primary_key=True, related_name="evidence"
    )
    kind = models.CharField(max_length=13, choices=Kind)
    version = models.ForeignKey("portal.Version", models.PROTECT, related_name="+")
    as_of = models.DateTimeField()
    fit = models.IntegerField()
    engagement = models.IntegerField()
    total = models.IntegerField()
    grade = models.CharField(max_length=2, blank=True)
    gates = models.PositiveSmallIntegerField()
    fired = models.BigIntegerField()
    document = models.JSONField()

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [Index(fields=["version", "kind"], name="scoring_evidence_version")]

    def __str__(self) -> str:
        return f"evidence of handoff {self.handoff_id}"
