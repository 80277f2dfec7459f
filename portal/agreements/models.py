"""Agreements: texts that both sides write together and sign (definitions, SLA terms)."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import (
    CheckConstraint,
    F,
    Index,
    OuterRef,
    Q,
    Subquery,
    UniqueConstraint,
)
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Role, Side


class Agreement(models.Model):
    """What versions belong to: a definition (for everybody, or of one segment) or the SLA terms.

    ``position`` 0 is the one for everybody. Those of segments follow, in the order in which they
    are tried; whom a segment takes is a clause of its versions, signed like every other.
    """

    kind = models.CharField(max_length=20)  # a kind registered by an app: definition, terms
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    ordered_at = models.DateTimeField(null=True)  # when its position was last agreed on

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

    def in_force(self, at: datetime) -> Self:
        """Versions that could apply at ``at``; of one agreement the first is the one that does.

        That is the signed one with the greatest ``effective_from <= at``, unless leadership put
        another in its place for a while: then ``overrides_since`` says from when.
        """
        running = Override.objects.filter(version=OuterRef("pk"), at__lte=at, ends_at__gt=at)
        rows = self.annotate(overrides_since=Subquery(running.values("at")[:1]))
        rows = rows.filter(Q(effective_from__lte=at) | Q(overrides_since__isnull=False))
        return rows.order_by(F("overrides_since").desc(nulls_last=True), "-effective_from")

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

    @property
    def in_force_since(self) -> datetime | None:
        """Since when this version applies, where ``in_force`` found it."""
        since: datetime | None = getattr(self, "overrides_since", None)
        return since or self.effective_from


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
    """A remark or question on a clause, or on the whole version; an answer names its parent.

    The clause is named by its key, so that what was said of a sentence outlives the sentence.
    """

    version = models.ForeignKey(Version, models.CASCADE, related_name="comments")
    key = models.SlugField(max_length=60, blank=True)  # of the clause; empty: the whole version
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    is_question = models.BooleanField(default=False)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            CheckConstraint(
                condition=Q(parent=None) | Q(resolved_at=None, is_question=False),
                name="portal_answers_are_not_resolved",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Editing(models.Model):
    """Who has a draft open, and which clause; it fades by itself, and is nobody's history."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="editing")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.SlugField(max_length=60, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["version", "user"], name="portal_editing_once")]

    def __str__(self) -> str:
        return f"{self.user} on {self.version}"


class Override(models.Model):
    """Leadership put a frozen text in force for a while; it ends by itself.

    From ``at`` on, before ``ends_at``, ``version`` stands in for what both sides signed. Its end
    may only be drawn nearer. ``closed_at`` says when the end was announced.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="overrides")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    reason = models.TextField()
    at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            CheckConstraint(condition=Q(ends_at__gte=F("at")), name="portal_override_ends_later")
        ]
        indexes = [Index(fields=["ends_at"], name="portal_override_end")]

    def __str__(self) -> str:
        return f"{self.version} for a while"


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
