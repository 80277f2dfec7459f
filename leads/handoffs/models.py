"""Passing leads to sales: handoffs, and the list of leads that wait to be released."""

from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.activities.theirs import lead_did_something_since
from leads.database.models import UNSCORED, Campaign, Lead, Source
from leads.handoffs.reach import members_beside
from portal.accounts.models import Role, Team, User
from portal.core.lookups import keys_of_any


class Origin(models.TextChoices):
    LIVE = "live", _("Live")
    IMPORTED = "imported", _("Imported")


class Cause(models.TextChoices):
    SALES_READY = "sales_ready", _("The sales-ready gate opened")
    FAST_TRACK = "fast_track", _("The fast track opened")
    RE_ENTRY = "re_entry", _("New intent after a rejection")
    RELEASED = "released", _("Released from the release list")
    BY_HAND = "by_hand", _("Handed over by hand")
    APPEAL = "appeal", _("Handed over again after an appeal")
    IMPORTED = "imported", _("Imported")


ON_A_WORD = (Cause.BY_HAND, Cause.APPEAL)  # no gate opened: a person says why, in words
OPEN = Q(origin=Origin.LIVE, is_decided=False)


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def visible_to(self, user: User) -> Self:
        """SDR: own, unassigned ones of own teams, all they decided. Sales lead: own teams."""
        if user.sees_everything:
            return self
        teams = user.memberships.values("team")
        if user.role == Role.SALES_LEAD:
            return self.filter(Q(team__in=teams) | Q(owner__in=members_beside(user)))
        return self.filter(pk__in=keys_visible_to(user))

    def within_reach_of(self, user: User) -> Self:
        """Handoffs on which this person may try an act that somebody else may have forestalled.

        What they see, and the live ones of their teams: who clicks a second too late is told who
        was faster, not that there is nothing. The service decides whether they may.
        """
        if user.sees_everything or user.role not in {Role.SDR, Role.SALES_LEAD}:
            return self.visible_to(user)
        teams = user.memberships.values("team")
        return self.filter(Q(pk__in=keys_visible_to(user)) | Q(origin=Origin.LIVE, team__in=teams))

    def waiting(self) -> Self:
        """Open ones that nobody has yet."""
        return self.open().filter(owner=None)

    def open(self) -> Self:
        """Live and undecided: what the desk is for."""
        return self.filter(OPEN)

    def live(self) -> Self:
        return self.filter(origin=Origin.LIVE)

    def asleep(self, at: datetime) -> Self:
        """Snoozed beyond ``at``, and the lead did nothing since that was to wake them."""
        sleeps_on = Q(wakes_on_activity=False) | ~lead_did_something_since("snoozed_at")
        return self.filter(sleeps_on, snoozed_until__gt=at)

    def awake(self, at: datetime) -> Self:
        """Not snoozed, or not any more: nothing has to be swept for that to be true."""
        over = Q(snoozed_until=None) | Q(snoozed_until__lte=at)
        woke = Q(wakes_on_activity=True) & Q(lead_did_something_since("snoozed_at"))
        return self.filter(over | woke)

    def for_list(self) -> Self:
        return self.select_related("lead__company", "lead__standing", "owner", "source", "team")


def keys_visible_to(user: User) -> models.QuerySet[Any, Any]:
    """Return the ids of what ``visible_to`` shows, for ``__in``: few are looked up straight."""
    if user.role == Role.ACCOUNT_EXECUTIVE:
        return keys_of_any(Handoff, [Q(lead__owner=user), Q(opportunity__owner=user)])
    if user.sees_everything or user.role == Role.SALES_LEAD:
        return Handoff.objects.visible_to(user).values("pk")
    waits = (Q(owner=user), Q(owner=None, team__in=user.memberships.values("team")))
    own, free = (Handoff.objects.open().filter(each).values("pk") for each in waits)
    return own.union(free, user.dispositions.values("handoff"))


class Handoff(models.Model):
    """One passing of one lead to sales.

    ``is_decided``, ``decided_at`` and ``outcome`` are copied from the disposition in its own
    transaction; ``total``, ``grade``, ``due_at`` and ``warn_at`` are copies that the desk sorts
    by. ``first_touch_at`` keeps the earliest stamp, in whatever order touches arrive; ``talk``
    is the sum of the keys of all activities that may say when sales first reached the lead, so
    that one that comes late is noticed (leads.dispositions.touches).

    ``held_by`` has it on the desk until ``held_until``, nobody after it. ``snoozed_until`` puts
    it aside, with ``wakes_on_activity`` only until the lead does something; clocks run on.
    ``checklist`` names the answers of the call sheet without which it is not accepted.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="handoffs")
    origin = models.CharField(max_length=8, choices=Origin)
    cause = models.CharField(max_length=12, choices=Cause)
    words = models.TextField(blank=True)  # why, when handed over on a person's word
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(null=True)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="handoffs")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="handoffs")
    content = models.CharField(max_length=200, blank=True)
    term = models.CharField(max_length=200, blank=True)
    landing_page = models.CharField(max_length=300, blank=True)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="handoffs")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="handoffs"
    )
    routed_at = models.DateTimeField(null=True)
    routing = models.JSONField(default=dict)  # why this person, or why nobody yet
    total = models.IntegerField(null=True)
    rank = models.IntegerField(default=UNSCORED)  # the total, to sort by: never null
    grade = models.CharField(max_length=2, blank=True)
    due_at = models.DateTimeField(null=True)  # the nearest running clock's
    warn_at = models.DateTimeField(null=True)
    first_touch_at = models.DateTimeField(null=True)
    talk = models.BigIntegerField(null=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    held_since = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    snoozed_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    wakes_on_activity = models.BooleanField(default=False)
    checklist = models.JSONField(default=list)
    is_decided = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, blank=True)  # accepted, rejected, or "" for unknown
    external_source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=64, blank=True)
    source_stage = models.CharField(max_length=80, blank=True)  # the other system's own word
    source_owner = models.CharField(max_length=120, blank=True)
    extra = models.JSONField(default=dict)
    changed_at = models.DateTimeField(null=True, editable=False)  # kept by core.stamps

    objects = HandoffQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["lead"],
                condition=OPEN,
                name="leads_one_open_handoff",
                violation_error_message=_("Sales has this lead already."),
            ),
            UniqueConstraint(
                fields=["external_source", "external_id"],
                condition=~Q(external_id=""),
                name="leads_handoff_external_once",
            ),
            CheckConstraint(
                condition=Q(origin=Origin.IMPORTED) | Q(made_at__isnull=False),
                name="leads_live_handoff_dated",
            ),
            CheckConstraint(
                condition=~Q(cause__in=ON_A_WORD) | ~Q(words=""),
                name="leads_by_hand_needs_words",
                violation_error_message=_("Say in words why sales should take this lead now."),
            ),
            CheckConstraint(
                condition=Q(outcome__in=["", "accepted", "rejected"]),
                name="leads_handoff_outcome_known",
            ),
            CheckConstraint(
                condition=Q(snoozed_at=None, snoozed_until=None)
                | Q(snoozed_at__isnull=False, snoozed_until__gt=F("snoozed_at")),
                name="leads_snoozed_into_the_future",
                violation_error_message=_("Choose a time to come."),
            ),
        ]
        indexes = [
            Index(F("owner"), F("due_at"), F("id"), condition=OPEN, name="leads_open_of_owner"),
            Index(F("team"), F("due_at"), F("id"), condition=OPEN, name="leads_open_of_team"),
            Index(F("owner"), F("rank").desc(), F("id"), condition=OPEN, name="leads_open_by_rank"),
            Index(
                F("team"),
                F("rank").desc(),
                F("id"),
                condition=OPEN,
                name="leads_open_of_team_by_rank",
            ),
            Index(
                fields=["owner", "-routed_at"],
                condition=Q(origin="live", routed_at__isnull=False),
                name="leads_last_routed",
            ),
            Index(
                fields=["held_by"],
                condition=OPEN & Q(held_by__isnull=False),
                name="leads_held_open",
            ),
            Index(
                fields=["snoozed_until"],
                condition=OPEN & Q(snoozed_until__isnull=False),
                name="leads_snoozed_open",
            ),
            Index(fields=["made_at"], name="leads_handoff_made"),
            Index(fields=["decided_at"], name="leads_handoff_decided"),
            Index(fields=["changed_at", "id"], name="leads_handoffs_by_change"),
        ]

    def __str__(self) -> str:
        return f"handoff {self.pk} of lead {self.lead_id}"

    def get_absolute_url(self) -> str:
        return reverse("desk-handoff", args=[self.public_id])

    @property
    def is_open(self) -> bool:
        return self.origin == Origin.LIVE and not self.is_decided

    def waits_for(self, sdr: User) -> bool:
        """Whether it is open and an SDR's to decide: what ``visible_to`` says, of a row at hand.

        No query for their own, one for what nobody has.
        """
        if not self.is_open:
            return False
        if self.owner_id is not None:
            return self.owner_id == sdr.pk
        return self.team_id is not None and sdr.memberships.filter(team=self.team_id).exists()

    def is_held(self, at: datetime) -> bool:
        """Whether somebody has it on the desk. A hold does not outlive its holder's part in it."""
        if self.held_by_id is None or self.held_until is None or self.held_until <= at:
            return False
        return self.is_open and self.owner_id in {None, self.held_by_id}


class ReleaseQuerySet(models.QuerySet["Release"]):
    def waiting(self) -> Self:
        return self.filter(closed_at=None)


class Release(models.Model):
    """A lead on the release list: its gate was opened by an import, a rescore or an activation."""

    class Cause(models.TextChoices):
        IMPORT = "import", _("an import")
        RESCORE = "rescore", _("a rescore")
        ACTIVATION = "activation", _("a new version")

    class End(models.TextChoices):
        RELEASED = "released", _("Released")
        HANDED_OFF = "handed_off", _("Handed off by its own activity")
        CLOSED = "closed", _("Its gate closed again")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="releases")
    cause = models.CharField(max_length=10, choices=Cause)
    gate = models.CharField(max_length=12)  # sales_ready or fast_track
    total = models.IntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["lead"], condition=Q(closed_at=None), name="leads_waits_once"),
            CheckConstraint(
                condition=Q(closed_at=None, end="") | (Q(closed_at__isnull=False) & ~Q(end="")),
                name="leads_release_end_said",
            ),
        ]
        indexes = [
            Index(
                F("total").desc(), F("id"), condition=Q(closed_at=None), name="leads_release_list"
            )
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} waits since {self.opened_at:%Y-%m-%d}"

    def was_waiting(self, at: datetime) -> bool:
        return self.opened_at <= at and (self.closed_at is None or self.closed_at > at)
