"""What the dashboard keeps where counting takes too long to do it for each visit."""

from django.db import models


class KeptFunnel(models.Model):
    """The funnel of all leads, by month and source, as it was counted at ``counted_at``.

    ``rows`` is a ``leads.database.tally.Tally`` without its instant. Numbers alone, about nobody;
    the row may be deleted at any moment, and is counted anew then.
    """

    zone = models.CharField(max_length=64, primary_key=True)  # the months are of this zone
    currency = models.CharField(max_length=3)  # in which won values are added
    form = models.PositiveSmallIntegerField()
    counted_at = models.DateTimeField()
    rows = models.JSONField()

    def __str__(self) -> str:
        return f"funnel in {self.zone}, counted {self.counted_at:%Y-%m-%d %H:%M} UTC"
