"""Changes that the numbers propose, when they were last looked for; second opinions."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.dispositions.models import Outcome, Reason
from leads.handoffs.models import Handoff


class AmendmentQuerySet(models.QuerySet["Amendment"]):
    def open(self) -> Self:
        """Those that nobody has answered, the strongest argument first."""
        return self.filter(state=Amendment.State.OPEN).order_by("-strength", "pk")


class Amendment(models.Model):
    """One proposed change of one clause of the version in force, with what argues for it.

    ``body`` is the clause as it would read (null: it goes), ``was`` as it reads (null: it is
    new). ``argument`` holds numbers only: counts, ratios with their intervals, the back-test.
    """

    class Kind(models.TextChoices):
        POINTS = "points", _("Other points")
        DROP = "drop", _("A rule goes")
        ADD = "add", _("A rule is missing")
        GATE = "gate", _("A gate moves")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for an answer")
        DRAFTED = "drafted", _("In a draft")
        DISMISSED = "dismissed", _("Not now")
        OVERTAKEN = "overtaken", _("Overtaken by newer numbers")

    version = models.ForeignKey("portal.Version", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)
    clause_kind = models.CharField(max_length=20)
    key = models.CharField(max_length=60)
    was = models.JSONField(null=True)
    body = models.JSONField(null=True)
    argument = models.JSONField(default=dict)
    n = models.PositiveIntegerField()
    strength = models.FloatField(default=0)  # how far from chance, to sort by
    proposed_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # when the numbers last said so
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=300, blank=True)  # why not now
    draft = models.ForeignKey("portal.Version", models.SET_NULL, null=True, related_name="+")

    objects = AmendmentQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["version", "clause_kind", "key"],
                condition=Q(state="open"),
                name="scoring_amendment_once",
            ),
            CheckConstraint(
                condition=~Q(state="dismissed") | ~Q(words=""), name="scoring_dismissed_in_words"
            ),
        ]
        indexes = [
            Index(
                fields=["-strength", "id"],
                condition=Q(state="open"),
                name="scoring_open_amendments",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    def get_absolute_url(self) -> str:
        return reverse("amendment", args=[self.pk])


class Learning(models.Model):
    """One look for amendments: over how many handoffs, and what it could not say and why.

    ``too_little`` maps the keys of rules to their handoffs with and without; ``found`` counts
    the amendments that stood after it.
    """

    version = models.ForeignKey("portal.Version", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    handoffs = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    since = models.DateTimeField()
    found = models.PositiveIntegerField(default=0)
    too_little = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "learning"
        indexes = [Index(fields=["version", "-at"], name="scoring_last_learning")]

    def __str__(self) -> str:
        return f"learned of {self.handoffs} handoffs at {self.at:%Y-%m-%d %H:%M}"


class SecondOpinion(models.Model):
    """What a second person says of a rejected handoff without knowing that it was rejected.

    ``first_reason`` and ``first_by`` are copied from the decision it is compared with.
    """

    handoff = models.OneToOneField(Handoff, models.CASCADE, related_name="second_opinion")
    first_reason = models.ForeignKey(Reason, models.PROTECT, related_name="+")
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(outcome=Outcome.ACCEPTED, reason=None)
                | Q(outcome=Outcome.REJECTED, reason__isnull=False),
                name="scoring_opinion_has_reason",
            ),
            CheckConstraint(condition=~Q(by=F("first_by")), name="scoring_opinion_of_another"),
        ]
        indexes = [Index(fields=["by", "-at"], name="scoring_opinions_of")]

    def __str__(self) -> str:
        return f"second opinion on {self.handoff_id}: {self.outcome}"
