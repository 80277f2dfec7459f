"""The lead database: companies, leads, what is known of them, their score, what became of them."""

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.database.registry import SetBy
from portal.accounts.models import Role, Side, User


class Stage(models.TextChoices):
    KNOWN = "known", _("Known")
    MQL = "mql", _("MQL")
    WITH_SALES = "with_sales", _("With sales")
    SQL = "sql", _("SQL")
    OPPORTUNITY = "opportunity", _("Opportunity")
    CUSTOMER = "customer", _("Customer")
    RECYCLED = "recycled", _("Recycled")
    DISQUALIFIED = "disqualified", _("Disqualified")


class Source(models.Model):
    """Where leads come from."""

    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=120, unique=True, editable=False)  # the folded name

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    source = models.ForeignKey(Source, models.PROTECT, related_name="campaigns")
    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(max_length=200, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [UniqueConstraint(fields=["source", "key"], name="leads_campaign_once")]

    def __str__(self) -> str:
        return self.name


class Spend(models.Model):
    """What one campaign (or ad) cost on one day, in the file's own currency."""

    day = models.DateField()
    source = models.ForeignKey(Source, models.PROTECT, related_name="spend")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="spend")
    ad_group = models.CharField(max_length=200, blank=True)
    ad = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    impressions = models.PositiveBigIntegerField(null=True)
    clicks = models.PositiveBigIntegerField(null=True)
    external_key = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name_plural = "spend"
        indexes = [Index(fields=["day", "source"], name="leads_spend_day")]

    def __str__(self) -> str:
        return f"{self.source} {self.day}: {self.amount} {self.currency}"


class Company(models.Model):
    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(max_length=200, editable=False, db_index=True)  # the folded name
    domain = models.CharField(_("web domain"), max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            UniqueConstraint(fields=["domain"], condition=~Q(domain=""), name="leads_domain_once"),
            UniqueConstraint(fields=["key"], condition=Q(domain=""), name="leads_company_once"),
        ]

    def __str__(self) -> str:
        return self.name


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, user: User) -> Self:
        """Leads this person may see (docs/reference/roles.md): those of the handoffs they see."""
        if user.sees_everything:
            return self
        if user.role == Role.ACCOUNT_EXECUTIVE:
            return self.filter(owner=user, stage__in=AFTER_SQL)
        teams = user.memberships.values("team")
        if user.role == Role.SALES_LEAD:
            seen = Q(handoffs__team__in=teams) | Q(handoffs__owner__memberships__team__in=teams)
        else:
            waits = Q(handoffs__origin="live", handoffs__is_decided=False)
            mine = Q(handoffs__owner=user) | Q(handoffs__owner=None, handoffs__team__in=teams)
            seen = (waits & mine) | Q(handoffs__dispositions__decided_by=user)
        return self.filter(pk__in=Lead.objects.filter(seen).values("pk"))

    def listed(self) -> Self:
        """Leads that count: duplicates are out of lists and numbers."""
        return self.filter(duplicate_of=None)

    def for_list(self) -> Self:
        return self.select_related("company", "source", "owner", "standing")


class Lead(models.Model):
    """A person, with a company where known. Found by e-mail or by another system's id."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    name_key = models.CharField(max_length=200, blank=True, editable=False)  # folded, for search
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    email_domain = models.CharField(max_length=200, blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    external_source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=64, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="leads")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="leads"
    )
    content = models.CharField(max_length=200, blank=True)
    term = models.CharField(max_length=200, blank=True)
    landing_page = models.CharField(max_length=300, blank=True)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.KNOWN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    created_at = models.DateTimeField(null=True)  # null: a source without dates
    recorded_at = models.DateTimeField()
    recycle_on = models.DateField(null=True, blank=True)
    mend_since = models.DateTimeField(null=True)  # on marketing's "to mend" list since
    do_not_email = models.BooleanField(_("do not write"), default=False)
    do_not_call = models.BooleanField(_("do not call"), default=False)
    duplicate_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="duplicates"
    )
    extra = models.JSONField(default=dict, blank=True)  # imported and kept, never scored
    revision = models.PositiveIntegerField(default=1)

    objects = LeadQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["email_key"],
                condition=~Q(email_key="") & Q(duplicate_of=None),
                name="leads_email_once",
                violation_error_message=_("Another lead has this e-mail address."),
            ),
            UniqueConstraint(
                fields=["external_source", "external_id"],
                condition=~Q(external_id=""),
                name="leads_external_once",
            ),
            CheckConstraint(
                condition=~Q(email_key="") | ~Q(external_id=""),
                name="leads_can_be_found",
                violation_error_message=_("Give an e-mail address or an external id."),
            ),
            CheckConstraint(condition=Q(stage__in=Stage.values), name="leads_stage_known"),
            CheckConstraint(
                condition=Q(duplicate_of=None) | ~Q(duplicate_of=F("pk")),
                name="leads_not_its_own_duplicate",
            ),
        ]
        indexes = [
            Index(fields=["name_key"], name="leads_by_name"),
            Index(fields=["email_key"], name="leads_by_email"),
            Index(fields=["email_domain"], name="leads_by_domain"),
            Index(
                fields=["external_id"], condition=~Q(external_id=""), name="leads_by_external_id"
            ),
            Index(fields=["recycle_on"], condition=Q(stage="recycled"), name="leads_recycle_due"),
            Index(
                fields=["mend_since"],
                condition=Q(mend_since__isnull=False),
                name="leads_to_mend",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("lead", args=[self.public_id])

    @property
    def label(self) -> str:
        """The best name we have: name, address, or the other system's id."""
        return self.name or self.email or f"{self.external_source} {self.external_id}".strip()


AFTER_SQL = (Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)


class LeadWord(models.Model):
    """One word of a lead's or its company's name, folded: what people type to find somebody."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="words")
    word = models.CharField(max_length=60, db_index=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["lead", "word"], name="leads_word_once")]

    def __str__(self) -> str:
        return self.word


class StageChange(models.Model):
    """One stay in one stage. ``left_at`` is null while it lasts."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=12, choices=Stage)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cause = models.CharField(max_length=40)  # the kind of the event that moved it

    class Meta:
        ordering = ["entered_at", "pk"]
        constraints = [
            UniqueConstraint(
                fields=["lead"], condition=Q(left_at=None), name="leads_one_stage_at_a_time"
            )
        ]
        indexes = [Index(fields=["stage", "entered_at"], name="leads_stage_entered")]

    def __str__(self) -> str:
        return f"lead {self.lead_id} {self.stage} from {self.entered_at:%Y-%m-%d}"


class FactText(models.Model):
    """The dictionary of texts that facts hold: stored once, matched once."""

    text = models.CharField(max_length=300, unique=True)

    def __str__(self) -> str:
        return self.text


class FactSnapshot(models.Model):
    """All facts of one lead as known from one instant; append-only.

    Text facts hold ``FactText`` ids, numbers themselves, flags 0 or 1. ``set_by`` and ``actor``
    say who wrote this row; ``origins`` says for each fact with a value who set it and since when:
    ``{"title": [set_by, known_from as epoch seconds]}``. A value whose instant is older than
    ``known_from`` was carried over. A fact that was cleared keeps the origin of its clearing.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="snapshots")
    known_from = models.DateTimeField()
    recorded_at = models.DateTimeField()  # never used for scoring
    set_by = models.PositiveSmallIntegerField(choices=[(s.value, s.name.lower()) for s in SetBy])
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    origins = models.JSONField(default=dict)
    title = models.BigIntegerField(null=True)
    seniority = models.BigIntegerField(null=True)
    department = models.BigIntegerField(null=True)
    role = models.BigIntegerField(null=True)
    industry = models.BigIntegerField(null=True)
    company_size = models.BigIntegerField(null=True)
    size_band = models.BigIntegerField(null=True)
    company_type = models.BigIntegerField(null=True)
    country = models.BigIntegerField(null=True)
    region = models.BigIntegerField(null=True)
    city = models.BigIntegerField(null=True)
    team_size = models.BigIntegerField(null=True)
    use_case = models.BigIntegerField(null=True)
    timeline = models.BigIntegerField(null=True)
    budget = models.BigIntegerField(null=True)
    procurement = models.BigIntegerField(null=True)
    occupation = models.BigIntegerField(null=True)
    email_kind = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["known_from", "pk"]
        indexes = [Index(fields=["lead", "known_from", "id"], name="leads_snapshot_of_lead")]

    def __str__(self) -> str:
        return f"facts of lead {self.lead_id} from {self.known_from:%Y-%m-%d %H:%M}"


class Gate(models.IntegerChoices):
    """Bits of ``Standing.gates``."""

    MQL = 1, _("MQL")
    SALES_READY = 2, _("sales-ready")
    FAST_TRACK = 4, _("fast track")


UNSCORED = -1_000_000  # sorts after every score


class StandingQuerySet(models.QuerySet["Standing"]):
    def due(self, at: datetime) -> Self:
        """Rows whose score may have changed: marked stale, or their time is up."""
        return self.filter(Q(stale_since__isnull=False) | Q(valid_until__lte=at))


class Standing(models.Model):
    """A lead's current score; it is the score, and what lists sort by. One narrow row each.

    Written only by ``leads.database.standing.set_standing``. Scores are null until first scored.
    Fit and engagement are hundredths of points, total whole points; ``fired`` has one bit for
    each rule of the version. ``stage``, ``owner`` and ``source`` are copies to filter by.
    """

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="standing")
    version = models.ForeignKey("portal.Version", models.PROTECT, null=True, related_name="+")
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
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.KNOWN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+", db_index=False)
    is_listed = models.BooleanField(default=True)  # false once a duplicate

    objects = StandingQuerySet.as_manager()

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
                fields=["stale_since"],
                condition=Q(stale_since__isnull=False),
                name="leads_stale",
            ),
            Index(
                fields=["valid_until"],
                condition=Q(valid_until__isnull=False),
                name="leads_valid_until",
            ),
            Index(fields=["version"], name="leads_standing_version"),
        ]
        constraints = [CheckConstraint(condition=Q(fired__gte=0), name="leads_fired_not_negative")]

    def __str__(self) -> str:
        return f"lead {self.lead_id}: {self.total}"

    def has_gate(self, gate: Gate) -> bool:
        return bool(self.gates & gate)


class StaleCause(models.IntegerChoices):
    """Why a lead waits to be scored. Only ``LIVE`` may hand off at once; the largest one wins."""

    NONE = 0, _("nothing")
    IMPORT = 1, _("an import")
    LIVE = 2, _("an activity, a fact or a capture")


class Note(models.Model):
    """A note or a question on a lead, by either side; questions are open until answered."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side, blank=True)
    text = models.TextField(_("text"), max_length=5000)
    is_question = models.BooleanField(_("is a question"), default=False)
    answers = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="answered_by"
    )
    resolved_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Opportunity(models.Model):
    """What became of an SQL: open, won with a value, or lost with a reason."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    handoff = models.OneToOneField("leads.Handoff", models.CASCADE, related_name="opportunity")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="opportunities")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    outcome = models.CharField(max_length=4, choices=Outcome, default=Outcome.OPEN)
    opened_at = models.DateTimeField(null=True)  # null: imported without a date
    closed_at = models.DateTimeField(null=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "opportunities"

    def __str__(self) -> str:
        return f"lead {self.lead_id}: {self.outcome}"


class SavedView(models.Model):
    """A named filter of a list: the query string, kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)  # the URL name of the list
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint(
                fields=["user", "page", "name"],
                name="leads_saved_view_name",
                violation_error_message=_("You have a view of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
