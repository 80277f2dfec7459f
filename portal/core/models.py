from django.db import models


class Heartbeat(models.Model):
    """When a background process last said that it lives."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}, {self.at:%Y-%m-%d %H:%M:%S} UTC"


class RateCount(models.Model):
    """How often one caller knocked within one window; written by one atomic statement."""

    key = models.CharField(max_length=120)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="portal_rate_window")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class Unlock(models.Model):
    """Lets one transaction past the triggers that keep evidence: only erasing a person uses it.

    The row is written and removed inside that transaction, so nobody else ever sees it.
    """

    reason = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.reason


class IdempotentAnswer(models.Model):
    """The first answer to a request that its sender may repeat; replayed for 24 hours."""

    caller = models.CharField(max_length=60)
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null while the first one is under way
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="portal_answer_once")]

    def __str__(self) -> str:
        return f"{self.caller}: {self.key}"
