"""Follow-ups: a thing one person should do about one lead by some day."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from portal.accounts.models import User


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(assignee=user)

    def open(self) -> Self:
        return self.filter(done_at=None)


class FollowUp(models.Model):
    """``key`` names the cause, so that a handler that runs twice makes one."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="follow_ups")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="follow_ups"
    )
    due_at = models.DateTimeField(_("due"))
    why = models.CharField(_("why"), max_length=300)
    key = models.CharField(max_length=80, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            Index(fields=["assignee", "due_at"], condition=Q(done_at=None), name="leads_todo")
        ]

    def __str__(self) -> str:
        return self.why
