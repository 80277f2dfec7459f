"""Alerts: what a watch saw and still sees, who put it off until when and why, and how it ended."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Role, Team, User

STANDING = Q(closed_at=None)
LONGEST_WORDS = 300


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: User) -> Self:
        """Those who see everything: all. Sales leads: of own teams, and what concerns everybody."""
        if user.sees_everything:
            return self
        if user.role == Role.SALES_LEAD:
            return self.filter(Q(team=None) | Q(team__in=user.memberships.values("team")))
        return self.none()

    def standing(self) -> Self:
        """Still true, put off or not."""
        return self.filter(STANDING)

    def open(self, at: datetime) -> Self:
        """Still true and waiting for somebody: not put off beyond ``at``."""
        return self.standing().filter(Q(snoozed_until=None) | Q(snoozed_until__lte=at))

    def snoozed(self, at: datetime) -> Self:
        return self.standing().filter(snoozed_until__gt=at)

    def past(self) -> Self:
        return self.exclude(STANDING)


class Alert(models.Model):
    """One thing that one watch sees; closed by itself when it is no longer true.

    ``figures`` are as last seen (``seen_at``); ``snoozed_until`` copies the last snooze that
    stands. At most one is open for each watch and subject.
    """

    watch = models.CharField(max_length=30)
    subject = models.CharField(max_length=90)
    figures = models.JSONField(default=dict)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["watch", "subject"], condition=STANDING, name="portal_alert_open_once"
            )
        ]
        indexes = [
            Index(fields=["-opened_at", "-id"], condition=STANDING, name="portal_alerts_standing"),
            Index(fields=["-closed_at", "-id"], name="portal_alerts_past"),
        ]

    def __str__(self) -> str:
        return f"{self.watch} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("alert", args=[self.pk])

    def is_snoozed(self, at: datetime) -> bool:
        return self.closed_at is None and self.snoozed_until is not None and self.snoozed_until > at


class Snooze(models.Model):
    """Somebody put an alert off until an instant, and said why; ``ended_at`` when taken back."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="snoozes")
    until = models.DateTimeField()
    words = models.CharField(max_length=LONGEST_WORDS)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            CheckConstraint(
                condition=~Q(words=""),
                name="portal_snoozed_in_words",
                violation_error_message=_("Say why it can wait."),
            ),
            CheckConstraint(
                condition=Q(until__gt=models.F("at")), name="portal_snoozed_into_the_future"
            ),
        ]

    def __str__(self) -> str:
        return self.words


class WatchSetting(models.Model):
    """One watch: whether it looks, its two numbers where they differ from the usual ones.

    ``looked_at`` is when it last looked; the row is also what two beats at once wait for.
    """

    watch = models.CharField(max_length=30, unique=True, editable=False)
    is_on = models.BooleanField(_("looks"), default=True)
    limit = models.PositiveIntegerField(
        _("limit"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    of = models.PositiveIntegerField(
        _("of, or within"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
    )
    looked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["watch"]
        verbose_name = _("watch")
        verbose_name_plural = _("watches")

    def __str__(self) -> str:
        return self.watch
