"""What others report: cited, with who said it and where they disagree; never figures of ours."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GUIDE = _("“MQL vs SQL: 2026 guide”")
TERMS = _("article on definitions, alignment and metrics")
NURTURE = _("article on nurture, AI SDRs and speed")
BOTH = _("“MQL vs SQL: 2026 guide”; article on nurture, AI SDRs and speed")


@dataclass(frozen=True)
class Benchmark:
    """One figure as somebody stated it."""

    what: Promise
    value: str | Promise
    who: Promise
    caveat: Promise | str = ""


CITED = (
    Benchmark(_("MQL to SQL, average"), "13 %", BOTH, _("others say about 15 %")),
    Benchmark(_("MQL to SQL, mean"), _("about 15 %, 11 to 21 % by industry"), TERMS,
              _("others say 13 %")),
    Benchmark(_("MQL to SQL, the best"), _("40 %; B2B SaaS leaders 39 to 40 %"), NURTURE),
    Benchmark(_("After the SQL threshold"), _("about 59 %"), NURTURE,
              _("they do not say what it converts to, so it is not drawn beside SQL to customer")),
    Benchmark(_("Length of nurture"), _("84 days"), NURTURE, _("the line of time in stage")),
    Benchmark(_("Marketing leads that never convert"), "79 %", GUIDE),
    Benchmark(_("Lost sales due to poor qualification"), "67 %", GUIDE),
    Benchmark(_("Cost of one qualified lead"), "$85 to $200", GUIDE,
              _("credited there to Blueprint Demand; in dollars")),
)  # fmt: skip
DRAWN = [{"value": 13, "label": "13 %"}, {"value": 15, "label": "15 %"}]
SHORT = _("Others report 13 % and about 15 %, 11 to 21 % by industry. Not ours.")
NONE = _("No benchmark that says what it counted.")
