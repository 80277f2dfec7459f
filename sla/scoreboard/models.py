"""Secret addresses for due times, and the days that the scoreboard keeps packed."""

from django.conf import settings
from django.db import models


class DueFeed(models.Model):
    """One person's address. Only its SHA-256 is kept; a new one replaces it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="due_feed")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"due times of {self.user}"


class PackedDay(models.Model):
    """The stopped clocks and the handoffs of one UTC day, as ``columns.pack`` writes them.

    ``known`` are the leads' facts at their handoffs, ``tries`` what was tried before a lead was
    called unresponsive. ``form`` is the way they were packed; a day packed another way is counted
    live. A day without a row has nothing, or stands in ``TouchedDay`` with all of its handoffs.
    """

    day = models.DateField(primary_key=True)
    form = models.PositiveSmallIntegerField()
    clocks = models.BinaryField(default=b"")
    handoffs = models.BinaryField(default=b"")
    known = models.BinaryField(default=b"")
    tries = models.BinaryField(default=b"")
    packed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}, packed {self.packed_at:%Y-%m-%d %H:%M} UTC"


class TouchedDay(models.Model):
    """A mark that a handoff is not as it was packed on this day; without one, the whole day.

    Only triggers write them (``core.daymarks``). ``written_by`` is the number of the transaction
    that did, on PostgreSQL: the mark stands until all have ended who did not see what it is of.
    """

    day = models.DateField(db_index=True)
    handoff = models.BigIntegerField(null=True)  # may be gone: no foreign key
    written_by = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
