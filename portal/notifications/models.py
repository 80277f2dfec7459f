from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from portal.accounts.models import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(models.Model):
    """One line on one person's bell; ``key`` makes telling twice harmless."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300)
    lead_id = models.BigIntegerField(null=True)  # erasing a person clears the text
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "key"], name="portal_told_once")]
        indexes = [
            Index(fields=["user", "-at", "-id"], name="portal_bell"),
            Index(fields=["user"], condition=Q(read_at=None), name="portal_bell_unread"),
        ]

    def __str__(self) -> str:
        return self.text
