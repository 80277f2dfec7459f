"""Changes that the numbers propose, when they were last looked for; second opinions."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import DO_NOTHING, CheckConstraint, F, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.dispositions.models import Outcome, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Membership, Role, User


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


class DecidedHandoffQuerySet(models.QuerySet["DecidedHandoff"]):
    def visible_to(self, user: User) -> Self:
        """Return what ``Handoff.visible_to`` would, for those who count: all, or own teams."""
        if user.sees_everything:
            return self
        if user.role != Role.SALES_LEAD:
            return self.filter(handoff__in=Handoff.objects.visible_to(user))
        teams = user.memberships.values("team")
        members = Membership.objects.filter(team__in=teams).values("user")
        return self.filter(Q(team__in=teams) | Q(owner__in=members))


def _seen(to: str) -> "models.ForeignKey[Any, Any]":
    """Return a column that names a row of another table and holds it by nothing."""
    return models.ForeignKey(
        to, DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )


class DecidedHandoff(models.Model):
    """One handoff whose decision stands, in numbers: what learning counts.

    Written by the database alone, from the disposition, the handoff, its evidence and its
    opportunity (portal.core.mirrors says how, and what the bits of ``flags`` and the bytes of
    ``packed`` are). ``decided`` is epoch seconds; -1 where a number is not known. ``is_frozen`` is
    null without evidence; ``named`` has the rules that the SDR named wrong, as JSON text.
    """

    handoff = models.OneToOneField(Handoff, models.CASCADE, primary_key=True, related_name="+")
    disposition = _seen("leads.Disposition")
    reason = _seen("leads.Reason")
    sdr = _seen(settings.AUTH_USER_MODEL)
    source = _seen("leads.Source")
    campaign = _seen("leads.Campaign")
    team = _seen("portal.Team")
    owner = _seen(settings.AUTH_USER_MODEL)
    version = _seen("portal.Version")
    decided = models.BigIntegerField()
    is_frozen = models.BooleanField(null=True)
    fired = models.BigIntegerField()
    needed = models.BigIntegerField()
    total = models.IntegerField()
    grade = models.SmallIntegerField()
    flags = models.SmallIntegerField()
    named = models.TextField()
    packed = models.BinaryField(null=True)

    objects = DecidedHandoffQuerySet.as_manager()

    class Meta:
        indexes = [
            Index(fields=["-decided", "-disposition"], name="scoring_decided_newest"),
            Index(fields=["decided"], condition=~Q(named=""), name="scoring_decided_named"),
        ]

    def __str__(self) -> str:
        return f"handoff {self.handoff_id}, decided"
