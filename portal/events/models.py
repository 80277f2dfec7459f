"""What happened, to which leads, and what still has to follow."""

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened. Audit trail, timeline and queue in one; never edited.

    ``subject_type`` and ``subject_id`` name a row by its model label ("leads.handoff") and key.
    ``payload`` holds ids and codes, no names or addresses.
    """

    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)

    class Meta:
        indexes = [
            Index(fields=["subject_type", "subject_id", "at"], name="portal_event_subject"),
            Index(fields=["kind", "at"], name="portal_event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_type} {self.subject_id}"


class EventLead(models.Model):
    """Links an event to each lead it is about. The id is bare: events lie below leads."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="lead_links")
    lead_id = models.BigIntegerField()

    class Meta:
        constraints = [UniqueConstraint(fields=["lead_id", "event"], name="portal_event_lead")]

    def __str__(self) -> str:
        return f"{self.event_id}: lead {self.lead_id}"


class Delivery(models.Model):
    """One handler's debt for one event."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=80)
    step = models.PositiveSmallIntegerField()  # the handler's place in the lifecycle table
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [UniqueConstraint(fields=["event", "handler"], name="portal_delivery_once")]
        indexes = [
            Index(
                fields=["not_before", "id"],
                condition=Q(state="pending"),
                name="portal_delivery_due",
            ),
            Index(fields=["state"], condition=Q(state="failed"), name="portal_delivery_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.handler} for event {self.event_id}: {self.state}"
