"""What sales said of a handoff, and the reasons they may give."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from leads.handoffs.models import Handoff, Origin
from portal.accounts.models import User


class Outcome(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")


class Effect(models.TextChoices):
    RECYCLE = "recycle", _("Recycle: comes back on new high intent after a date")
    DISQUALIFY = "disqualify", _("Disqualify: comes back only by a person")
    DUPLICATE = "duplicate", _("Close as a duplicate")
    MEND = "mend", _("Mend: marketing repairs the data first")


class Blame(models.TextChoices):
    FIT = "fit", _("fit")
    ENGAGEMENT = "engagement", _("engagement")
    DATA = "data", _("data")
    NOBODY = "none", _("neither")


NOT_STATED = "not_stated"


class Reason(models.Model):
    """A reason code: what it does to the lead, which dimension it blames, what it needs."""

    code = models.SlugField(max_length=40, primary_key=True)
    label = models.CharField(_("label"), max_length=60)
    group = models.CharField(_("group"), max_length=20)
    effect = models.CharField(_("effect"), max_length=10, choices=Effect)
    blames = models.CharField(_("blames"), max_length=10, choices=Blame)
    needs_date = models.BooleanField(_("needs a date"), default=False)
    needs_note = models.BooleanField(_("needs words"), default=False)
    needs_attempts = models.PositiveSmallIntegerField(_("needs logged attempts"), default=0)
    recycle_days = models.PositiveSmallIntegerField(_("days until it may come back"), default=90)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    is_primary = models.BooleanField(_("among the first nine"), default=False)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.label


class DispositionQuerySet(models.QuerySet["Disposition"]):
    def standing(self) -> Self:
        """Dispositions that count: withdrawn ones are history."""
        return self.filter(withdrawn_at=None)


class Disposition(models.Model):
    """The decision on one handoff. At most one counts at a time, whoever clicks first.

    ``wrong_rules`` holds the keys of the rules that the SDR named as wrong; null means that the
    question was left untouched. ``decided_at`` is null only for imported ones: date unknown.
    """

    handoff = models.ForeignKey(Handoff, models.CASCADE, related_name="dispositions")
    origin = models.CharField(max_length=8, choices=Origin)  # the handoff's
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="dispositions"
    )
    reason_text = models.CharField(max_length=200, blank=True)  # the other system's own word
    note = models.TextField(_("note"), max_length=5000, blank=True)
    recycle_on = models.DateField(null=True, blank=True)
    duplicate_of = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="+")
    wrong_rules = models.JSONField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="dispositions"
    )
    decided_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)  # since when the decider had it on the desk
    was = models.JSONField(default=dict)  # the lead's stage, owner and dates before, for undo
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = DispositionQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["handoff"],
                condition=Q(withdrawn_at=None),
                name="leads_one_disposition",
                violation_error_message=_("This handoff has been decided already."),
            ),
            CheckConstraint(
                condition=Q(outcome=Outcome.ACCEPTED, reason=None)
                | Q(outcome=Outcome.REJECTED, reason__isnull=False),
                name="leads_rejection_needs_reason",
                violation_error_message=_(
                    "Choose a reason: a rejection without one teaches nobody."
                ),
            ),
            CheckConstraint(
                condition=Q(reason=None) | ~Q(reason=NOT_STATED) | Q(origin=Origin.IMPORTED),
                name="leads_not_stated_is_imported",
                violation_error_message=_("Choose a reason: “not stated” is for imports only."),
            ),
            CheckConstraint(
                condition=Q(origin=Origin.IMPORTED)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="leads_live_disposition_signed",
            ),
            CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("decided_at")),
                name="leads_withdrawn_after_decided",
            ),
        ]
        indexes = [
            Index(fields=["decided_by", "-decided_at"], name="leads_decided_by"),
            Index(fields=["reason", "decided_at"], name="leads_disposition_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason_id or ''}".strip()


class CallSheet(models.Model):
    """What one call about one handoff brought out: four open questions and the BANT fields.

    Saved as it is typed: ``revision`` grows with each save, and a save that was made from an
    older one is refused.
    """

    handoff = models.OneToOneField(
        Handoff, models.CASCADE, primary_key=True, related_name="call_sheet"
    )
    pain = models.TextField(_("pain"), max_length=2000, blank=True)
    impact = models.TextField(_("impact"), max_length=2000, blank=True)
    urgency = models.TextField(_("urgency"), max_length=2000, blank=True)
    decision_makers = models.TextField(_("decision-makers"), max_length=2000, blank=True)
    budget = models.CharField(_("budget"), max_length=200, blank=True)
    authority = models.CharField(_("authority"), max_length=200, blank=True)
    need = models.CharField(_("need"), max_length=200, blank=True)
    timeline = models.CharField(_("timeline"), max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"call sheet of handoff {self.handoff_id}"


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, user: User) -> Self:
        """Whoever sees the handoff that was rejected."""
        if user.sees_everything:
            return self
        seen = Handoff.objects.visible_to(user).values("pk")
        return self.filter(disposition__handoff__in=seen)

    def open(self) -> Self:
        """Those that wait for an answer; one against a decision taken back has nothing to ask."""
        return self.filter(is_granted=None, disposition__withdrawn_at=None)

    def answered(self) -> Self:
        return self.filter(is_granted__isnull=False)

    def for_list(self) -> Self:
        lead = "disposition__handoff__lead__company"
        people = ("disposition__decided_by", "made_by", "answered_by")
        return self.select_related(lead, "disposition__reason", *people, "handoff")


class Appeal(models.Model):
    """Marketing contests a rejection, once; a sales lead answers. Both sides' words are kept.

    ``is_granted`` is null until answered; a granted one hands the lead over again (``handoff``).
    """

    disposition = models.OneToOneField(Disposition, models.CASCADE, related_name="appeal")
    words = models.TextField(_("why the call was wrong"), max_length=5000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    is_granted = models.BooleanField(null=True)
    answer = models.TextField(_("answer"), max_length=5000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    handoff = models.ForeignKey(Handoff, models.SET_NULL, null=True, related_name="+")

    objects = AppealQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(condition=~Q(words=""), name="leads_appeal_has_words"),
            CheckConstraint(
                condition=Q(is_granted=None, answered_at=None, answered_by=None)
                | Q(is_granted__isnull=False, answered_at__isnull=False)
                & Q(answered_by__isnull=False)
                & ~Q(answer=""),
                name="leads_appeal_answered_in_words",
            ),
        ]
        indexes = [
            Index(fields=["made_at"], condition=Q(is_granted=None), name="leads_open_appeals")
        ]

    def __str__(self) -> str:
        return f"appeal against {self.disposition_id}"

    def get_absolute_url(self) -> str:
        return reverse("appeal", args=[self.pk])


class Merge(models.Model):
    """Two leads became one: ``kept`` has what was of ``gone``, until that is undone.

    ``moved`` is what undoing it the same day needs: ``rows`` maps a relation's label to the ids
    of its rows that changed hands, ``ended`` to those that could not run twice; ``was`` is the
    stage of ``gone``, ``before`` and ``after`` the changed columns of ``kept``, ``woven`` the
    snapshots that say what both were told.
    """

    kept = models.ForeignKey(Lead, models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Lead, models.CASCADE, related_name="merged_into")
    disposition = models.ForeignKey(Disposition, models.SET_NULL, null=True, related_name="merges")
    moved = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["gone"], condition=Q(undone_at=None), name="leads_merged_away_once"
            ),
            CheckConstraint(condition=~Q(kept=F("gone")), name="leads_merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"
