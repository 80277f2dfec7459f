"""Where the portal speaks besides bell and mail: rooms in Slack and Teams, other receivers."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Side


class ChannelQuerySet(models.QuerySet["Channel"]):
    def on(self) -> Self:
        return self.filter(is_on=True)

    def for_sides(self, sides: tuple[str, ...]) -> Self:
        """Channels of these sides, and those of both."""
        return self.filter(Q(side__in=sides) | Q(side=""))


class Channel(models.Model):
    """One incoming webhook. Its address is a secret: kept sealed, never shown again in full.

    ``shown`` is what people recognise it by. ``secret`` (sealed) signs what a plain webhook is
    sent; Slack and Teams know the sender by the address alone.
    """

    class Kind(models.TextChoices):
        SLACK = "slack", _("Slack")
        TEAMS = "teams", _("Microsoft Teams")
        SIGNED = "signed", _("Signed webhook")

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    side = models.CharField(
        _("who reads it"),
        max_length=9,
        blank=True,
        choices=[("", _("Both sides")), *Side.choices],
    )
    address = models.TextField(editable=False)
    shown = models.CharField(max_length=120, editable=False)
    secret = models.TextField(blank=True, editable=False)
    gets_weekly = models.BooleanField(_("the week, on Mondays"), default=True)
    gets_instant = models.BooleanField(_("what cannot wait, at once"), default=True)
    is_on = models.BooleanField(default=True, editable=False)
    week_told_on = models.DateField(null=True, editable=False)  # claim and mark of the Monday post
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    made_at = models.DateTimeField(editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)
    failure = models.CharField(max_length=300, blank=True, editable=False)  # of the last try

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            CheckConstraint(
                condition=~Q(kind="signed") | ~Q(secret=""), name="portal_signed_has_secret"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_failing(self) -> bool:
        """Whether the last try failed."""
        return self.failed_at is not None and (
            self.sent_at is None or self.sent_at < self.failed_at
        )
