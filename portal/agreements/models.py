"""Agreements: texts that both sides write together and sign (definitions, SLA terms)."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Role, Side


class Agreement(models.Model):
    """What versions belong to: one definition (of one segment) or the SLA terms."""

    kind = models.CharField(max_length=20)  # a kind registered by an app: definition, terms
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    segment = models.JSONField(null=True, blank=True)  # a condition; null applies to everybody
    position = models.PositiveSmallIntegerField(default=0)  # the order in which segments are tried
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "position", "pk"]

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(models.QuerySet["Version"]):
    def of_kind(self, kind: str) -> Self:
        return self.filter(agreement__kind=kind)

    def signed(self) -> Self:
        return self.exclude(effective_from=None)

    def effective(self, at: datetime) -> Self:
        """Signed versions whose day has come, the one in force first."""
        return self.filter(effective_from__lte=at).order_by("-effective_from")

    def past(self) -> Self:
        """What is not a draft any more: signed ones, also those that start later, and given up."""
        return self.exclude(effective_from=None, withdrawn_at=None)

    def drafts(self) -> Self:
        return self.filter(effective_from=None, withdrawn_at=None)


class Version(models.Model):
    """One version of an agreement: a draft, then proposed, then signed by both sides.

    Proposing freezes ``signed_text`` (canonical JSON) and its ``sha256``. An edit clears both and
    voids signatures. ``effective_from`` is set once, with the second signature; from then on the
    database refuses every change. In force at t is the greatest ``effective_from <= t``.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)  # rises with each change of any clause
    based_on = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)  # why this version, in words
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)  # wished for; null: with the second signature
    signed_text = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    effective_from = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)  # a draft given up

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["agreement", "-number"]
        constraints = [
            UniqueConstraint(fields=["agreement", "number"], name="portal_version_number"),
            UniqueConstraint(
                fields=["agreement", "effective_from"], name="portal_one_version_in_force"
            ),
            CheckConstraint(
                condition=Q(proposed_at=None, sha256="", signed_text="")
                | (Q(proposed_at__isnull=False) & ~Q(sha256="") & ~Q(signed_text="")),
                name="portal_proposed_is_frozen",
            ),
            CheckConstraint(
                condition=Q(effective_from=None) | Q(proposed_at__isnull=False),
                name="portal_effective_is_proposed",
            ),
        ]
        indexes = [
            Index(
                fields=["agreement", "-effective_from"],
                condition=Q(effective_from__isnull=False),
                name="portal_version_effective",
            )
        ]

    def __str__(self) -> str:
        return f"{self.agreement} v{self.number}"

    @property
    def state(self) -> str:
        """draft, proposed, signed or withdrawn; whether a signed one is in force depends on t."""
        if self.withdrawn_at:
            return "withdrawn"
        if self.effective_from:
            return "signed"
        return "proposed" if self.proposed_at else "draft"


class Clause(models.Model):
    """One sentence of a version; its ``body`` follows the schema of its kind."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="clauses")
    key = models.SlugField(max_length=60)
    kind = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    body = models.JSONField()
    rationale = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [UniqueConstraint(fields=["version", "key"], name="portal_clause_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Comment(models.Model):
    """A remark or question on a clause, or on the whole version."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="comments")
    clause = models.ForeignKey(Clause, models.CASCADE, null=True, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Signature(models.Model):
    """One side's name under one text: who, as what, over which hash, when."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=10, choices=Side)
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    voided_by_revision = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            UniqueConstraint(
                fields=["version", "side"],
                condition=Q(voided_at=None),
                name="portal_one_signature_a_side",
                violation_error_message=_("This side has signed already."),
            ),
            CheckConstraint(
                condition=Q(voided_at=None) | Q(voided_at__gte=F("at")),
                name="portal_voided_after_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signer} for {self.side}"


class Activation(models.Model):
    """Marks that the coming into force of a version has been announced; once for each."""

    version = models.OneToOneField(Version, models.PROTECT, related_name="activation")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.version} in force"
