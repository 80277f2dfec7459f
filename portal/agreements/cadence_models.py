"""Meeting regularly over what was agreed: what is due, what was said, what was decided."""

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from portal.agreements.models import Agreement, Version


class Rhythm(models.TextChoices):
    """How often both sides meet over one agreement."""

    CHECK_IN = "check_in", _("Bi-weekly check-in")
    QUARTERLY = "quarterly", _("Quarterly review")


class Review(models.Model):
    """One meeting over an agreement: due, then held with minutes.

    ``agenda`` is what the numbers said when it was held: a list of {title, sentence, url}. Until
    then it is drawn anew each time.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="reviews")
    rhythm = models.CharField(max_length=10, choices=Rhythm)
    due_at = models.DateTimeField()
    agenda = models.JSONField(null=True)
    minutes = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)  # rises with each change of the minutes
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    held_at = models.DateTimeField(null=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            UniqueConstraint(
                fields=["agreement", "rhythm"],
                condition=Q(held_at=None),
                name="portal_one_review_due",
            )
        ]
        indexes = [Index(fields=["agreement", "-held_at"], name="portal_review_held")]

    def __str__(self) -> str:
        return f"{self.get_rhythm_display()}, {self.agreement}"


class Decision(models.Model):
    """What a review decided; ``version`` and ``key`` say which draft and sentence carry it out."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="decisions")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    version = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+")
    key = models.SlugField(max_length=60, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
