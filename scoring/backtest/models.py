"""Back-tests: a period replayed under two versions, and what came of each lead."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from leads.database.models import FactText, Lead, Source
from leads.handoffs.models import Handoff
from portal.agreements.models import Version


class BacktestQuerySet(models.QuerySet["Backtest"]):
    def running(self) -> "BacktestQuerySet":
        return self.filter(state=Backtest.State.RUNNING)

    def finished(self) -> "BacktestQuerySet":
        return self.filter(state=Backtest.State.DONE)


class Backtest(models.Model):
    """One replay of ``since`` to ``until`` under ``version`` as it stood at ``revision``.

    ``text`` is what was judged by, frozen at the start: a draft may move on meanwhile. ``base``
    is the signed version it is compared with; null before the first. ``parts_done`` is how far
    it is: whoever holds the lease does the next part, and stores it together with this mark.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    version = models.ForeignKey(Version, models.CASCADE, related_name="backtests")
    revision = models.PositiveIntegerField()
    base = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+")
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    parts = models.PositiveIntegerField(null=True)  # null until a worker has looked
    parts_done = models.PositiveIntegerField(default=0)
    took_ms = models.PositiveIntegerField(default=0)
    population = models.JSONField(default=dict)  # counts by gate, part after part
    summary = models.JSONField(default=dict)  # what the page says, once done
    error = models.CharField(max_length=300, blank=True)

    objects = BacktestQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["version"],
                condition=Q(state="running"),
                name="scoring_one_backtest_each",
                violation_error_message=_("A back-test of this version is running already."),
            ),
            CheckConstraint(condition=Q(until__gt=F("since")), name="scoring_backtest_period"),
        ]
        indexes = [Index(fields=["version", "-id"], name="scoring_backtests_of")]

    def __str__(self) -> str:
        return f"back-test {self.pk} of {self.version_id}"

    @property
    def is_stale(self) -> bool:
        """Whether the version has moved on since: ask with its current row at hand."""
        return self.revision != self.version.revision

    @property
    def days(self) -> int:
        return round((self.until - self.since).total_seconds() / 86_400)


class Replayed(models.Model):
    """One chance of a lead to be handed over, and what each version would have made of it.

    ``base_at`` and ``draft_at`` are the instants of the handoff under each, null for none;
    ``base_waits`` and ``draft_waits`` say that a gate stood open when the period began.
    ``base_gates`` and ``draft_gates`` are the gates open at the handoff that really was made.
    What sales and the customer said is copied: ``outcome`` is empty where nobody ever said it.
    """

    class Way(models.TextChoices):
        GATE = "gate", _("a gate opened")
        RELEASED = "released", _("released from the release list")
        BY_HAND = "by_hand", _("handed over by hand")
        IMPORTED = "imported", _("imported")
        NONE = "", _("never handed over")

    backtest = models.ForeignKey(Backtest, models.CASCADE, related_name="replayed")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+", db_index=False)
    handoff = models.ForeignKey(
        Handoff, models.CASCADE, null=True, related_name="+", db_index=False
    )
    way = models.CharField(max_length=8, choices=Way, blank=True)
    made_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, blank=True)  # accepted, rejected, or "" for none
    is_mend = models.BooleanField(default=False)  # a rejection that judges the data
    is_won = models.BooleanField(default=False)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+", db_index=False)
    size = models.ForeignKey(FactText, models.PROTECT, null=True, related_name="+", db_index=False)
    industry = models.ForeignKey(
        FactText, models.PROTECT, null=True, related_name="+", db_index=False
    )
    base_at = models.DateTimeField(null=True)
    draft_at = models.DateTimeField(null=True)
    base_waits = models.BooleanField(default=False)
    draft_waits = models.BooleanField(default=False)
    base_gates = models.PositiveSmallIntegerField(default=0)
    draft_gates = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "replayed"
        indexes = [
            Index(fields=["backtest", "id"], name="scoring_replayed_of"),
            Index(fields=["lead"], name="scoring_replayed_lead"),
            Index(fields=["handoff"], name="scoring_replayed_handoff"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} in back-test {self.backtest_id}"


class Mover(models.Model):
    """A lead for which one version opened a gate in the period and the other did not.

    The gates are bits of ``leads.database.models.Gate``; ``said`` is what sales last said of it.
    """

    backtest = models.ForeignKey(Backtest, models.CASCADE, related_name="movers")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+", db_index=False)
    base_gates = models.PositiveSmallIntegerField()
    draft_gates = models.PositiveSmallIntegerField()
    said = models.CharField(max_length=8, blank=True)

    class Meta:
        indexes = [
            Index(fields=["backtest", "id"], name="scoring_movers_of"),
            Index(fields=["lead"], name="scoring_mover_lead"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} in back-test {self.backtest_id}"


class ActivationReport(models.Model):
    """Who moved when a version came into force: everybody judged by it and by the one before.

    Worked out once, as of the instant of activation, when the rescore was done. ``summary``
    holds counts: by gate who enters and leaves, and from which grade to which.
    """

    version = models.OneToOneField(Version, models.CASCADE, related_name="activation_report")
    before = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    made_at = models.DateTimeField()
    summary = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"activation of {self.version_id}"


class ActivationMove(models.Model):
    """One lead whose gates or grade are others under the new version than under the one before."""

    report = models.ForeignKey(ActivationReport, models.CASCADE, related_name="moves")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+", db_index=False)
    was_gates = models.PositiveSmallIntegerField()
    now_gates = models.PositiveSmallIntegerField()
    was_grade = models.CharField(max_length=2, blank=True)
    now_grade = models.CharField(max_length=2, blank=True)
    was_total = models.IntegerField()
    now_total = models.IntegerField()

    class Meta:
        indexes = [
            Index(fields=["report", "id"], name="scoring_moves_of"),
            Index(fields=["lead"], name="scoring_move_lead"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} in {self.report_id}"
