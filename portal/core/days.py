"""Which days a person may ask about: those that every time zone and both databases can hold."""

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)

DAY_LIMITS = (
    MinValueValidator(FIRST, _("Choose a day from 1900 on.")),
    MaxValueValidator(LAST, _("Choose a day before the year 3000.")),
)
