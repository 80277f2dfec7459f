"""What a back-test found, in the words and figures of its page."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.database.models import Gate
from portal.core.intervals import ENOUGH, wilson
from scoring.backtest.models import Backtest

GATES = {gate.name.lower(): gate for gate in Gate}
BY = ("source", "size", "industry")


def shown(test: Backtest, by: str = "source") -> dict[str, Any]:
    """Return the figures of a finished back-test; ``by`` is one of BY. No query."""
    found = test.summary
    base, draft = found["sides"]["base"], found["sides"]["draft"]
    return {
        "test": test,
        "has_base": test.base_id is not None,
        "base": base | {"rate": rate(base)},
        "draft": draft | {"rate": rate(draft)},
        "change": _signed(draft["a_week"] - base["a_week"]),
        "points": _points(base, draft),
        "won_change": draft["won"] - base["won"],
        "record": found["record"],
        "moved": found["moved"],
        "time": found["time"] | {"later_by": -found["time"].get("median", 0)},
        "time_words": _time_words(found["time"]),
        "weeks": [week | {"shown": _day(week["day"])} for week in found["weeks"]],
        "capacity": found["capacity"],
        "groups": [_group(group) for group in found["by"][by]],
        "by": by,
        "bys": [{"key": key, "label": label, "current": key == by} for key, label in by_words()],
        "finding": finding(test),
        "names": [
            f"v{test.base.number}" if test.base else _("none"),
            f"v{test.version.number}",
        ],
    }


def by_words() -> list[tuple[str, str]]:
    return [("source", _("source")), ("size", _("company size")), ("industry", _("industry"))]


def rate(counts: Mapping[str, int], side: str = "") -> dict[str, Any]:
    """Return accepted of decided with Wilson's interval; no share below ENOUGH decisions."""
    prefix = f"{side}_" if side else ""
    accepted, n = counts.get(f"{prefix}accepted", 0), counts.get(f"{prefix}decided", 0)
    share = wilson(accepted, n)
    return {
        "accepted": accepted,
        "n": n,
        "share": share,
        "has_enough": n >= ENOUGH,
    }


def _points(base: Mapping[str, int], draft: Mapping[str, int]) -> str:
    """Return by how many percentage points acceptance changes, where both have enough."""
    before, after = rate(base), rate(draft)
    if not (before["has_enough"] and after["has_enough"]):
        return ""
    change = 100 * (after["share"].value - before["share"].value)
    return _signed(change)


def _signed(change: float) -> str:
    """Return a change with its sign; what rounds to nothing has none."""
    text = f"{change:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    names = ("base_handoffs", "draft_handoffs", "missed", "spared")
    label = _("all others") if group["key"] == -1 else group["label"] or _("not known")
    return {
        "key": group["key"],
        "label": label,
        "base": rate(group, "base"),
        "draft": rate(group, "draft"),
        **{name: group.get(name, 0) for name in names},
    }


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b}"


def _time_words(time: Mapping[str, Any]) -> str:
    if not time["n"]:
        return _("no lead that both would hand over")
    words = {"sooner": time["sooner"], "later": time["later"], "n": time["n"]}
    return _("%(sooner)d sooner, %(later)d later, of %(n)d that both hand over") % words


def finding(test: Backtest) -> dict[str, str]:
    """Return the sentence on top: ``strong`` says volume and acceptance, ``more`` what it costs."""
    found = test.summary
    base, draft, moved = found["sides"]["base"], found["sides"]["draft"], found["moved"]
    words = {"number": test.version.number, "days": test.days, "n": draft["handoffs"]}
    if test.base_id is None:
        strong = _("Version %(number)d would have handed over %(n)d leads in %(days)d days.")
        return {"strong": strong % words, "more": _judged(rate(draft))}
    change = draft["handoffs"] - base["handoffs"]
    words["n"] = abs(change)
    if change > 0:
        text = ngettext(
            "Version %(number)d would have handed over %(n)d lead more in %(days)d days.",
            "Version %(number)d would have handed over %(n)d leads more in %(days)d days.",
            change,
        )
    elif change:
        text = ngettext(
            "Version %(number)d would have handed over %(n)d lead fewer in %(days)d days.",
            "Version %(number)d would have handed over %(n)d leads fewer in %(days)d days.",
            -change,
        )
    else:
        text = _("Version %(number)d would have handed over as many leads in %(days)d days.")
    parts = [_judged(rate(base), rate(draft)), _price(moved)]
    return {"strong": text % words, "more": " ".join(filter(None, parts))}


def _judged(*rates: Mapping[str, Any]) -> str:
    if not all(one["has_enough"] for one in rates):
        n = min(one["n"] for one in rates)
        return _("Sales decided %(n)d of those: too little data for a share.") % {"n": n}
    shares = [round(100 * one["share"].value) for one in rates]
    if len(shares) == 1:
        return _("Sales accepted %(now)d %% of those it decided.") % {"now": shares[0]}
    words = {"was": shares[0], "now": shares[1]}
    if shares[0] == shares[1]:
        return _("Sales accepted %(now)d %% of those it decided, either way.") % words
    return _("Sales accepted %(now)d %% of those it decided, instead of %(was)d %%.") % words


def _price(moved: Mapping[str, int]) -> str:
    words = {"missed": moved["missed"], "spared": moved["spared"], "won": moved["missed_won"]}
    if not (moved["missed"] or moved["spared"]):
        return _("It misses no accepted lead and spares no rejection.")
    text = _("It gives up %(missed)d accepted and spares %(spared)d rejected.") % words
    if moved["missed_won"]:
        won = ngettext("%(won)d won deal is lost.", "%(won)d won deals are lost.", words["won"])
        return f"{text} {won % words}"
    return f"{text} {_('No won deal is lost.')}"


def population(test: Backtest) -> list[dict[str, Any]]:
    """Return for each gate how many pass it under both, who enters and who leaves."""
    labels = {"mql": _("MQL"), "sales_ready": _("Sales-ready"), "fast_track": _("The fast track")}
    return [
        {
            "gate": gate,
            "label": labels[gate],
            "base": counts["base"],
            "draft": counts["draft"],
            "ways": [_way(way, counts[way]) for way in ("enters", "leaves")],
        }
        for gate, counts in sorted(test.summary["population"].items(), key=_place)
    ]


def _place(pair: tuple[str, Any]) -> int:
    return int(GATES[pair[0]])


def _way(way: str, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "way": way,
        "n": counts["n"],
        "accepted": counts.get("accepted", 0),
        "rejected": counts.get("rejected", 0),
        "nothing": counts.get("nothing", 0),
    }
