"""Leads, the words they are found by, and the stages they were in."""

from collections.abc import Collection
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.database.models.origins import Campaign, Company, Source
from portal.accounts.models import Membership, Role, User
from portal.core.lookups import keys_of_any


class Stage(models.TextChoices):
    KNOWN = "known", _("Known")
    MQL = "mql", _("MQL")
    WITH_SALES = "with_sales", _("With sales")
    SQL = "sql", _("SQL")
    OPPORTUNITY = "opportunity", _("Opportunity")
    CUSTOMER = "customer", _("Customer")
    RECYCLED = "recycled", _("Recycled")
    DISQUALIFIED = "disqualified", _("Disqualified")


AFTER_SQL = (Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, user: User, *, among: Collection[int] | None = None) -> Self:
        """Leads this person may see (docs/reference/roles.md): those of the handoffs they see.

        ``among`` are the keys of a few leads, where no others matter: they are looked up one by
        one then, instead of all that the person sees.
        """
        few = Q() if among is None else Q(pk__in=among)
        if user.sees_everything:
            return self.filter(few)
        if user.role == Role.ACCOUNT_EXECUTIVE:
            asked = Q(follow_ups__assignee=user, follow_ups__done_at=None)
            # Their SQLs, also once lost: a recycled lead stays what it was to them.
            tried = Q(owner=user, opportunities__isnull=False)
            theirs = Q(owner=user, stage__in=AFTER_SQL)
            seen = [theirs, tried, Q(opportunities__owner=user), asked]
            return self.filter(pk__in=keys_of_any(Lead, [few & each for each in seen]))
        teams = user.memberships.values("team")
        if user.role == Role.SALES_LEAD:
            # One condition on one table: many leads are seen, and a list stops when it is full.
            members = Membership.objects.filter(team__in=teams).values("user")
            theirs = Q(handoffs__team__in=teams) | Q(handoffs__owner__in=members)
            return self.filter(pk__in=Lead.objects.filter(few, theirs).values("pk"))
        waits = Q(handoffs__origin="live", handoffs__is_decided=False)
        seen = [
            waits & Q(handoffs__owner=user),
            waits & Q(handoffs__owner=None, handoffs__team__in=teams),
            Q(handoffs__dispositions__decided_by=user),
        ]
        return self.filter(pk__in=keys_of_any(Lead, [few & each for each in seen]))

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
            Index(
                fields=["owner"],
                condition=Q(stage__in=["sql", "opportunity"]),
                name="leads_open_sqls_of",
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
