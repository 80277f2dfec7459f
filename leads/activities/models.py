"""What leads did, and what we did to them."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from leads.database.registry import KINDS, KINDS_BY_CODE, OBJECT_KINDS, Kind


class TrackedObject(models.Model):
    """A page, asset, form, mail or event that activities are about; marketing tags it."""

    kind = models.CharField(_("kind"), max_length=8, choices=OBJECT_KINDS)
    key = models.CharField(_("address or name"), max_length=300)
    title = models.CharField(_("title"), max_length=200, blank=True)
    tags = models.JSONField(
        _("tags"), default=list, blank=True
    )  # folded words, read as they are now

    class Meta:
        ordering = ["kind", "key"]
        constraints = [UniqueConstraint(fields=["kind", "key"], name="leads_object_once")]

    def __str__(self) -> str:
        return self.title or self.key


class Activity(models.Model):
    """One dated thing. Append-only; only its bot mark may change (and its lead, by a merge).

    Nothing points here by foreign key, so that the table can be partitioned by month.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="activities", db_index=False)
    kind = models.PositiveSmallIntegerField(choices=[(k.code, k.name) for k in KINDS])
    object = models.ForeignKey(TrackedObject, models.PROTECT, null=True, related_name="activities")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()  # never used for scoring
    source = models.CharField(max_length=40)  # who told us: form:demo, api:3, import:crm, desk
    external_id = models.CharField(max_length=64)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_bot = models.BooleanField(default=False)
    properties = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "activities"
        constraints = [
            UniqueConstraint(
                fields=["source", "external_id", "occurred_at"], name="leads_activity_once"
            ),
            CheckConstraint(
                condition=Q(kind__in=[k.code for k in KINDS]), name="leads_activity_kind_known"
            ),
        ]
        indexes = [
            Index(
                fields=["lead", "-occurred_at"],
                include=["kind", "object"],
                name="leads_activity_of_lead",
            ),
            Index(fields=["recorded_at"], name="leads_activity_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.registered.name} at {self.occurred_at:%Y-%m-%d %H:%M}"

    @property
    def registered(self) -> Kind:
        return KINDS_BY_CODE[self.kind]
