"""The evidence that each handoff froze, and rescores with their ranges of leads."""

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


class Evidence(models.Model):
    """Why one handoff was made: the whole explanation as it stood then. Never changes.

    ``document`` holds factors with the facts and activity ids behind them, group sums, caps,
    total and gates; ids and values of facts, no names or addresses. Fit and engagement are
    hundredths of points. ``reconstructed`` marks evidence of imported handoffs, worked out as of
    their instant under the version in force when they were imported; it is shown apart.

    ``needed`` has the bits of the fired rules without which, one at a time, no gate of a handoff
    would have been open; null where it was frozen before this was written down.
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
    needed = models.BigIntegerField(null=True)
    document = models.JSONField()

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [
            Index(fields=["version", "kind"], name="scoring_evidence_version"),
            # What is counted over all handoffs, without their documents.
            Index(
                fields=["handoff"],
                include=["kind", "version", "fired", "needed", "total", "grade"],
                name="scoring_evidence_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"evidence of handoff {self.handoff_id}"


class Rescore(models.Model):
    """Scoring all leads anew under one version, as of the instant at which it was started.

    Its ranges are its work and its progress: any worker takes the next one that nobody holds.
    ``left_nobody``: the sweep has looked since, and no lead is scored by another version.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        OVERTAKEN = "overtaken", _("Overtaken by a newer version")

    version = models.ForeignKey("portal.Version", models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)
    left_nobody = models.BooleanField(default=False)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="scoring_one_rescore"
            )
        ]

    def __str__(self) -> str:
        return f"rescore of {self.started_at:%Y-%m-%d %H:%M}, {self.state}"

    @property
    def leaves_nothing(self) -> bool:
        """Whether the sweep need not look for leads that it has not scored.

        Other workers have the last ranges, a person cancelled just that, or nobody is left.
        """
        return self.left_nobody or self.state in {self.State.RUNNING, self.State.CANCELLED}


class RescoreRange(models.Model):
    """Leads from one id to another; whoever holds the lease scores them."""

    rescore = models.ForeignKey(Rescore, models.CASCADE, related_name="ranges")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    looked_at = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["first"]
        constraints = [UniqueConstraint(fields=["rescore", "first"], name="scoring_range_once")]

    def __str__(self) -> str:
        return f"leads {self.first} to {self.last}"
