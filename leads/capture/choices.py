"""What the hosted form offers to choose from; the values are what rules compare with."""

from django.utils.translation import gettext_lazy as _

INDUSTRIES = [
    ("B2B SaaS", _("B2B SaaS")),
    ("software", _("Software")),
    ("IT services", _("IT services")),
    ("agency", _("Agency")),
    ("e-commerce", _("E-commerce")),
    ("education", _("Education")),
    ("finance", _("Finance and insurance")),
    ("healthcare", _("Healthcare")),
    ("logistics", _("Logistics")),
    ("manufacturing", _("Manufacturing")),
    ("public sector", _("Public sector")),
    ("other", _("Something else")),
]
TIMELINES = [
    ("within_30_days", _("Within 30 days")),
    ("this_quarter", _("This quarter")),
    ("this_year", _("This year")),
    ("just_exploring", _("Just exploring")),
]
BUDGETS = [
    ("below_5000", _("Below 5,000 a year")),
    ("5000_to_20000", _("5,000 to 20,000 a year")),
    ("above_20000", _("Above 20,000 a year")),
    ("unknown", _("I do not know yet")),
]
