"""Meetings with leads, booked from the desk."""

from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from leads.handoffs.models import Handoff
from portal.accounts.models import User

SHORTEST, LONGEST = 5, 480  # minutes


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> Self:
        """Whoever sees the lead, its host, and who booked it."""
        if user.sees_everything:
            return self
        leads = Lead.objects.visible_to(user).values("pk")
        return self.filter(Q(lead__in=leads) | Q(host=user) | Q(booked_by=user))

    def planned(self) -> Self:
        """Not called off, and nobody has said yet that it took place."""
        return self.filter(cancelled_at=None, held_at=None)

    def of(self, user: User) -> Self:
        """What this person hosts or has booked."""
        return self.filter(Q(host=user) | Q(booked_by=user))

    def for_list(self) -> Self:
        return self.select_related("lead__company", "host", "booked_by")


class Meeting(models.Model):
    """A meeting with a lead at a time; its .ics carries ``public_id`` and ``sequence``.

    ``sent_sequence`` is what was mailed last, null while nothing was: a change within the undo
    window is one mail, and a meeting that never was sent is not called off.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="meetings")
    handoff = models.ForeignKey(Handoff, models.SET_NULL, null=True, related_name="meetings")
    host = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="meetings")
    starts_at = models.DateTimeField(_("begins"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=30)
    subject = models.CharField(_("about"), max_length=200)
    place = models.CharField(_("where"), max_length=300, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    invites_lead = models.BooleanField(_("send the lead an invitation"), default=False)
    sequence = models.PositiveSmallIntegerField(default=0)  # grows with each change, as .ics asks
    sent_sequence = models.PositiveSmallIntegerField(null=True)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)  # when somebody said that it took place
    activity_id = models.BigIntegerField(null=True)  # the activity that tells rules of it

    objects = MeetingQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(minutes__gte=SHORTEST, minutes__lte=LONGEST),
                name="leads_meeting_length",
                violation_error_message=_("A meeting takes 5 minutes to 8 hours."),
            ),
            CheckConstraint(
                condition=Q(held_at=None) | Q(cancelled_at=None),
                name="leads_meeting_held_or_cancelled",
            ),
        ]
        indexes = [
            Index(fields=["host", "starts_at"], name="leads_meetings_of_host"),
            Index(fields=["lead", "starts_at"], name="leads_meetings_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} with lead {self.lead_id}"

    def get_absolute_url(self) -> str:
        return reverse("meeting", args=[self.public_id])

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)
