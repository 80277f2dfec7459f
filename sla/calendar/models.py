"""Calendars by name. Zone and week are signed with the terms; dated exceptions are operations."""

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import check_zone


class Calendar(models.Model):
    """A named working week: ``week`` maps "0" (Monday) to "6" to lists of ["09:00", "17:00"]."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    zone = models.CharField(_("time zone"), max_length=64, validators=[check_zone])
    week = models.JSONField(_("week"))
    country = models.CharField(_("country"), max_length=8, blank=True)  # whose public holidays
    region = models.CharField(_("region"), max_length=20, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ClosedDay(models.Model):
    """A holiday of one calendar, or a day with hours of its own (``intervals``)."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80)
    is_holiday = models.BooleanField(_("holiday"), default=True)
    intervals = models.JSONField(_("hours instead"), default=list, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            UniqueConstraint(fields=["calendar", "day", "is_holiday"], name="sla_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.day}"


class CalendarChoice(models.Model):
    """The calendar a person works by, where a promise names the owner's own."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="working_calendar"
    )
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.user}: {self.calendar}"
