"""Secret addresses under which people's calendars read when their leads are due."""

from django.conf import settings
from django.db import models


class DueFeed(models.Model):
    """One person's address. Only its SHA-256 is kept; a new one replaces it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="due_feed")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"due times of {self.user}"
