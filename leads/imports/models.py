"""Imports: a file, its mapping, how far it has come, and the rows that could not be used."""

from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


class SavedMapping(models.Model):
    """A mapping kept by name; ``document`` follows docs/reference/import-mapping.md."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(max_length=10)
    document = models.JSONField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [UniqueConstraint(fields=["kind", "name"], name="leads_mapping_name")]

    def __str__(self) -> str:
        return self.name


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(started_by=user)

    def unfinished(self) -> Self:
        return self.filter(state=Import.State.RUNNING)


class Import(models.Model):
    """One upload. ``next_row`` moves in the transaction that stores the rows before it, so a
    killed worker leaves neither half a batch nor a batch twice."""

    class Kind(models.TextChoices):
        LEADS = "leads", _("Leads")
        ACTIVITIES = "activities", _("Activities")
        SPEND = "spend", _("Spend")
        HANDOFFS = "handoffs", _("Handoffs and dispositions")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waits for its mapping")
        CHECKED = "checked", _("Checked, waits for you to start it")
        RUNNING = "running", _("Running")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    file = models.FileField(upload_to="imports/%Y/")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="imports"
    )
    created_at = models.DateTimeField()
    checked = models.JSONField(default=dict)  # what the dry run found
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    rows_in_file = models.PositiveIntegerField(null=True)
    next_row = models.PositiveIntegerField(default=1)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)  # a worker is at it until then
    error = models.CharField(max_length=300, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [
            Index(fields=["leased_until"], condition=Q(state="running"), name="leads_import_due")
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("import", args=[self.public_id])

    @property
    def is_editable(self) -> bool:
        """Tell whether its mapping may still change: nothing of it has been stored."""
        waits = self.state in {self.State.UPLOADED, self.State.CHECKED, self.State.FAILED}
        return waits and self.next_row == 1

    @property
    def has_started(self) -> bool:
        return self.started_at is not None


class RejectedRow(models.Model):
    """A row that could not be used: its text as it stood in the file, and why."""

    run = models.ForeignKey(Import, models.CASCADE, related_name="rejected_rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField()  # a list of texts, or the raw line when it could not be cut
    reasons = models.JSONField()
    nth = models.CharField(max_length=40, blank=True)  # which row of its key, for spend

    class Meta:
        ordering = ["number"]
        constraints = [UniqueConstraint(fields=["run", "number"], name="leads_rejected_once")]

    def __str__(self) -> str:
        return f"row {self.number}"
