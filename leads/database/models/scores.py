"""The current score of each lead, and why one waits to be scored anew."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q
from django.utils.translation import gettext_lazy as _

from leads.database.models.origins import Source
from leads.database.models.people import Lead, Stage


class Gate(models.IntegerChoices):
    """Bits of ``Standing.gates``."""

    MQL = 1, _("MQL")
    SALES_READY = 2, _("sales-ready")
    FAST_TRACK = 4, _("fast track")


UNSCORED = -1_000_000  # sorts after every score


class Standing(models.Model):
    """A lead's current score; it is the score, and what lists sort by. One narrow row each.

    Written only by ``leads.database.standing.set_standing``. Scores are null until first scored.
    Fit and engagement are hundredths of points, total whole points; ``fired`` has one bit for
    each rule of the version. ``stage``, ``owner`` and ``source`` are copies to filter by.
    """

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="standing")
    # No index follows the version or the stale mark: a rescore or a settling rewrites them in every
    # row, and rows of which no index changes stay on their page (PostgreSQL's HOT; a migration
    # leaves room for that). Nor is the version looked up for each row that is written: scores are
    # of signed versions, and the database keeps those (portal.core.database_objects).
    version = models.ForeignKey(
        "portal.Version",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    fit = models.IntegerField(null=True)
    engagement = models.IntegerField(null=True)
    total = models.IntegerField(null=True)
    rank = models.IntegerField(default=UNSCORED)  # the total, to sort by: never null
    grade = models.CharField(max_length=2, blank=True)
    gates = models.PositiveSmallIntegerField(default=0)
    fired = models.BigIntegerField(default=0)
    scored_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    stale_since = models.DateTimeField(null=True)
    stale_cause = models.PositiveSmallIntegerField(default=0)  # see StaleCause
    # How often it has been marked, never set back: two marks of a lead are never equal, also where
    # they are of one instant and the first was settled in between.
    stale_marks = models.IntegerField(default=0, db_default=0)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.KNOWN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+", db_index=False)
    is_listed = models.BooleanField(default=True)  # false once a duplicate
    # When the lead or its score last changed as others see it; kept by the database (core.stamps).
    changed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            Index(F("rank").desc(), F("lead").desc(), name="leads_by_rank"),
            Index(
                F("stage"),
                F("rank").desc(),
                F("lead").desc(),
                name="leads_by_stage_rank",
            ),
            Index(
                F("owner"),
                F("rank").desc(),
                F("lead").desc(),
                name="leads_by_owner_rank",
            ),
            Index(
                F("source"),
                F("rank").desc(),
                F("lead").desc(),
                name="leads_by_source_rank",
            ),
            Index(
                fields=["valid_until"],
                condition=Q(valid_until__isnull=False),
                name="leads_valid_until",
            ),
            Index(fields=["changed_at", "lead"], name="leads_by_change"),
        ]
        constraints = [CheckConstraint(condition=Q(fired__gte=0), name="leads_fired_not_negative")]

    def __str__(self) -> str:
        return f"lead {self.lead_id}: {self.total}"

    def has_gate(self, gate: Gate) -> bool:
        return bool(self.gates & gate)


class StaleLead(models.Model):
    """One row for each score row with a stale mark, oldest mark first: what the sweep begins with.

    The database writes them (portal.core.stale). No constraint looks the score row up again.
    """

    lead = models.OneToOneField(
        Standing, models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    since = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"lead {self.pk}: since {self.since}"


class StaleCause(models.IntegerChoices):
    """Why a lead waits to be scored. Only ``LIVE`` may hand off at once; the largest one wins."""

    NONE = 0, _("nothing")
    IMPORT = 1, _("an import")
    LIVE = 2, _("an activity, a fact or a capture")
