"""Hosted forms and what people sent through them."""

from django.db import models
from django.db.models import Index
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead, Source


class CaptureForm(models.Model):
    """One hosted form. The consent text has a version, so that one knows what was agreed to."""

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("title"), max_length=120)
    intro = models.TextField(_("introduction"), blank=True)
    button = models.CharField(_("button"), max_length=40, default=_("Send"))
    activity = models.CharField(_("counts as"), max_length=24, default="demo_request")
    object_tags = models.JSONField(_("tags of the form"), default=list, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"))
    consent_text = models.TextField(_("consent text"))
    consent_version = models.PositiveSmallIntegerField(_("version of the text"), default=1)
    thanks = models.TextField(_("thank-you text"))
    is_open = models.BooleanField(_("takes answers"), default=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("capture", args=[self.slug])


class Submission(models.Model):
    """What somebody sent, as it came in; kept also when no lead could be made of it."""

    class State(models.TextChoices):
        TAKEN = "taken", _("Taken")
        QUARANTINED = "quarantined", _("Looks like a robot")
        REFUSED = "refused", _("Could not be used")

    form = models.ForeignKey(CaptureForm, models.PROTECT, related_name="submissions")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="submissions")
    at = models.DateTimeField()
    answers = models.JSONField()
    state = models.CharField(max_length=11, choices=State)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [Index(fields=["form", "-at"], name="leads_submission_of_form")]

    def __str__(self) -> str:
        return f"{self.form} at {self.at:%Y-%m-%d %H:%M}"


class Consent(models.Model):
    """What a person agreed to: the exact text, when, and through which form."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="consents")
    text = models.TextField()
    version = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField()
    via = models.CharField(max_length=80)

    class Meta:
        ordering = ["-given_at"]

    def __str__(self) -> str:
        return f"consent {self.version} of lead {self.lead_id}"
