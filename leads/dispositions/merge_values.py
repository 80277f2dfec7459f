"""Which value of two leads stays when they become one, and why. Pure: two rows in, choices out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead, Stage

# Who is further along: a decision of sales outweighs a score, an open handoff an old decision.
RANK: Mapping[str, int] = {
    Stage.KNOWN: 0,
    Stage.MQL: 1,
    Stage.RECYCLED: 2,
    Stage.DISQUALIFIED: 3,
    Stage.WITH_SALES: 4,
    Stage.SQL: 5,
    Stage.OPPORTUNITY: 6,
    Stage.CUSTOMER: 7,
}
ORIGIN = ("source_id", "campaign_id", "content", "term", "landing_page")
DATED = ("recycle_on", "mend_since")

OWN = _("The lead that stays keeps its own.")
ONLY = _("The other lead has none.")
ADDRESS = _("The lead that stays keeps its own; the other address leads to it from now on.")
FIRST = _("The earlier one counts.")
CAME_FIRST = _("Where it came from first stays.")
FURTHER = _("The one that is further along counts.")
WITH_STAGE = _("The owner comes with the stage.")
STRICTER = _("The stricter one counts.")
TOGETHER = _("Both are kept.")


@dataclass(frozen=True)
class Choice:
    """One line of the comparison. ``values`` are the columns of the lead that stays, as after."""

    name: str
    label: str | Promise
    is_from_gone: bool
    why: str | Promise
    values: Mapping[str, Any]


def choices_of(kept: Lead, gone: Lead, *, gone_stage: str) -> list[Choice]:
    """Return what the lead that stays is made of.

    ``gone_stage`` is where the other one stands apart from being closed as a duplicate.
    """
    is_further = RANK[gone_stage] > RANK[kept.stage]
    return [
        _filled("name", _("Name"), kept, gone, ("name", "name_key")),
        _filled("email", _("E-mail"), kept, gone, ("email", "email_key", "email_domain"), ADDRESS),
        _filled("phone", _("Phone"), kept, gone, ("phone",)),
        _filled("company", _("Company"), kept, gone, ("company_id",)),
        _stage(kept, gone, gone_stage, is_further=is_further),
        _owner(kept, gone, is_further=is_further),
        _origin(kept, gone),
        _created(kept, gone),
        _stricter("do_not_email", _("Do not write"), kept, gone),
        _stricter("do_not_call", _("Do not call"), kept, gone),
        Choice(
            "extra",
            _("Imported besides"),
            is_from_gone=False,
            why=TOGETHER,
            values={"extra": gone.extra | kept.extra},
        ),
    ]


def changed(kept: Lead, choices: Sequence[Choice]) -> dict[str, Any]:
    """Return the columns of the lead that stays which become another value."""
    values = {name: value for one in choices for name, value in one.values.items()}
    return {name: value for name, value in values.items() if getattr(kept, name) != value}


def _of(lead: Lead, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in names}


def _filled(
    name: str,
    label: Promise,
    kept: Lead,
    gone: Lead,
    columns: Sequence[str],
    own: Promise = OWN,
) -> Choice:
    takes = not getattr(kept, columns[0]) and bool(getattr(gone, columns[0]))
    only = takes or not getattr(gone, columns[0])
    return Choice(name, label, takes, ONLY if only else own, _of(gone if takes else kept, columns))


def _stage(kept: Lead, gone: Lead, gone_stage: str, *, is_further: bool) -> Choice:
    """The stage with its dates; a date to come back from is the later of two."""
    values = _of(gone if is_further else kept, DATED) | {
        "stage": gone_stage if is_further else kept.stage
    }
    if kept.stage == gone_stage == Stage.RECYCLED and kept.recycle_on and gone.recycle_on:
        values["recycle_on"] = max(kept.recycle_on, gone.recycle_on)
    return Choice("stage", _("Stage"), is_further, FURTHER, values)


def _owner(kept: Lead, gone: Lead, *, is_further: bool) -> Choice:
    takes = gone.owner_id is not None and (is_further or kept.owner_id is None)
    only = kept.owner_id is None or gone.owner_id is None
    why = ONLY if only else WITH_STAGE if is_further else OWN
    return Choice("owner", _("Owner"), takes, why, _of(gone if takes else kept, ("owner_id",)))


def _origin(kept: Lead, gone: Lead) -> Choice:
    takes = gone.source_id is not None and (kept.source_id is None or _is_earlier(gone, kept))
    only = kept.source_id is None or gone.source_id is None
    values = _of(gone if takes else kept, ORIGIN)
    return Choice("origin", _("Came from"), takes, ONLY if only else CAME_FIRST, values)


def _created(kept: Lead, gone: Lead) -> Choice:
    takes = _is_earlier(gone, kept)
    only = kept.created_at is None or gone.created_at is None
    values = _of(gone if takes else kept, ("created_at",))
    return Choice("created_at", _("Lead since"), takes, ONLY if only else FIRST, values)


def _is_earlier(one: Lead, other: Lead) -> bool:
    if one.created_at is None:
        return False
    return other.created_at is None or one.created_at < other.created_at


def _stricter(name: str, label: Promise, kept: Lead, gone: Lead) -> Choice:
    own, other = getattr(kept, name), getattr(gone, name)
    return Choice(name, label, other and not own, STRICTER, {name: own or other})
