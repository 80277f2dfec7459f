"""Where leads come from, and what that costs: sources, campaigns, spend, companies."""

from uuid import uuid4

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


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


class VisitorCount(models.Model):
    """How many different people visited in one month, as the web's own count says.

    Without a source: the whole site. The portal's own page views are of leads, so they cannot say.
    """

    month = models.DateField()  # its first day
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="visitor_counts")
    visitors = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["month", "source"], name="leads_visitors_once"),
            UniqueConstraint(
                fields=["month"], condition=Q(source=None), name="leads_visitors_of_all_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source or 'all'} {self.month:%Y-%m}: {self.visitors}"


class SalesTime(models.Model):
    """What sales' time on leads cost in one month: hours, and what one hour costs."""

    month = models.DateField(unique=True)  # its first day
    hours = models.DecimalField(max_digits=9, decimal_places=2)
    rate = models.DecimalField(max_digits=9, decimal_places=2)
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "sales time"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.hours} h at {self.rate} {self.currency}"
