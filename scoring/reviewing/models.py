"""Rejection reviews: what both sides say, one by one, of rejected handoffs."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from portal.accounts.models import Side, User


class RejectionReview(models.Model):
    """Up to 50 rejected handoffs that both sides look at again, together or apart.

    ``query`` is the filter they were chosen by, as it stands in an address. ``is_apart``: each
    side votes without seeing the other's vote. ``revision`` counts the saves of the minutes.
    """

    title = models.CharField(max_length=120)
    query = models.CharField(max_length=500, blank=True)
    is_apart = models.BooleanField(default=False)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    minutes = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    draft = models.ForeignKey("portal.Version", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="scoring_review_ended_by",
            )
        ]
        indexes = [Index(fields=["-started_at", "-id"], name="scoring_newest_reviews")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("rejection-review", args=[self.pk])


class ReviewedHandoffQuerySet(models.QuerySet["ReviewedHandoff"]):
    def visible_to(self, user: User) -> Self:
        """Those whose handoff this person may see."""
        if user.sees_everything:
            return self
        seen = Handoff.objects.visible_to(user).values("pk")
        return self.filter(disposition__handoff__in=seen)

    def for_list(self) -> Self:
        lead = "disposition__handoff__lead__company"
        people = ("disposition__decided_by", "disposition__handoff__source")
        return self.select_related(lead, "disposition__reason", *people).prefetch_related(
            models.Prefetch("votes", Vote.objects.select_related("by"))
        )


class ReviewedHandoff(models.Model):
    """One rejection of a review, at its place: contested ones first, then the newest."""

    review = models.ForeignKey(RejectionReview, models.CASCADE, related_name="handoffs")
    place = models.PositiveSmallIntegerField()
    disposition = models.ForeignKey(Disposition, models.CASCADE, related_name="+")

    objects = ReviewedHandoffQuerySet.as_manager()

    class Meta:
        ordering = ["place"]
        constraints = [
            UniqueConstraint(fields=["review", "place"], name="scoring_review_place"),
            UniqueConstraint(fields=["review", "disposition"], name="scoring_reviewed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.review_id}, {self.place}"

    def get_absolute_url(self) -> str:
        return reverse("rejection-review-handoff", args=[self.review_id, self.place])


class Vote(models.Model):
    """What one side says of one rejection: the right or the wrong call, and what should change.

    ``rule`` is the key of the rule that should change. ``revision`` grows with each change, so
    that nobody puts theirs over another's without having read it.
    """

    class Call(models.TextChoices):
        RIGHT = "right", _("Right call")
        WRONG = "wrong", _("Wrong call")

    class Change(models.TextChoices):
        NOTHING = "nothing", _("Nothing")
        FEWER = "fewer", _("Fewer points for a rule")
        DROP = "drop", _("A rule goes")
        GATE = "gate", _("A higher gate")
        MISSING = "missing", _("A rule is missing")
        SOURCE = "source", _("The source or campaign")
        DATA = "data", _("Better data before the handoff")
        SALES = "sales", _("How sales went about it")

    handoff = models.ForeignKey(ReviewedHandoff, models.CASCADE, related_name="votes")
    side = models.CharField(max_length=9, choices=Side)
    call = models.CharField(max_length=5, choices=Call)
    change = models.CharField(max_length=7, choices=Change, default=Change.NOTHING)
    rule = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["handoff", "side"], name="scoring_one_vote_a_side"),
            CheckConstraint(condition=Q(side__in=Side.values), name="scoring_vote_side"),
            CheckConstraint(
                condition=~Q(change__in=["fewer", "drop"]) | ~Q(rule=""),
                name="scoring_vote_names_rule",
                violation_error_message=_("Choose the rule that should change."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side}: {self.call}"
