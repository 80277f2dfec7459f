"""Orders of segments, asked for and answered."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint


class Ordering(models.Model):
    """Another order in which segments are tried: asked for by one side, agreed to by the other.

    ``order`` are ids of agreements, the first tried first. Of each kind one at most is open.
    """

    kind = models.CharField(max_length=20)
    order = models.JSONField()
    words = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    is_agreed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["kind"], condition=Q(answered_at=None), name="portal_one_ordering_asked"
            ),
            CheckConstraint(
                condition=Q(is_agreed=False) | Q(answered_at__isnull=False),
                name="portal_ordering_agreed",
            ),
        ]

    def __str__(self) -> str:
        return f"order of {self.kind}, asked {self.asked_at:%Y-%m-%d}"
