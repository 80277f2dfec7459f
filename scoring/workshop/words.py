"""How a definition's clauses stand on the page: sections, what leads a line, what else it says."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.agreements.registry import Body, ClauseText, Mark, Section
from scoring.rules.amounts import hundredths, show

GATE_WORDS = {
    "mql": gettext_lazy("MQL"),
    "sales_ready": gettext_lazy("Sales"),
    "fast_track": gettext_lazy("Fast"),
}
SINGLE_WORDS = {
    "segment": gettext_lazy("For"),
    "icp": gettext_lazy("ICP"),
    "grade": gettext_lazy("Grade"),
    "total": gettext_lazy("Total"),
    "checklist": gettext_lazy("Ask"),
}
DIMENSION_WORDS = {"fit": gettext_lazy("fit"), "engagement": gettext_lazy("engagement")}
SIGNAL_WORDS = {"high_intent": gettext_lazy("high intent"), "interest": gettext_lazy("interest")}


def sections(clauses: Sequence[ClauseText]) -> list[Section]:
    """Return the clauses as the score is built: groups with their rules, gates, ICP and grade."""
    groups = [one for one in clauses if one["kind"] == "group"]
    rules = [one for one in clauses if one["kind"] == "rule"]
    named = {one["key"] for one in groups}
    found = [
        Section(
            group["body"].get("name", group["key"]),
            [rule for rule in rules if rule["body"].get("group") == group["key"]],
            head=group,
        )
        for group in groups
    ]
    loose = [rule for rule in rules if rule["body"].get("group") not in named]
    if loose:
        found.append(Section(_("In no group"), loose))
    gates = {one["key"]: one for one in clauses if one["kind"] == "gate"}
    found.append(Section(_("Gates"), [gates[key] for key in GATE_WORDS if key in gates]))
    single = {one["kind"]: one for one in clauses if one["kind"] in SINGLE_WORDS}
    rest = [single[kind] for kind in SINGLE_WORDS if kind in single]
    whom = [one for one in rest if one["kind"] == "segment"]
    rest = [one for one in rest if one["kind"] != "segment"]
    if whom:
        found.insert(0, Section(_("Whom it is for"), whom))
    return [*found, Section(_("ICP and grade"), rest)] if rest else found


def lead(kind: str, key: str, body: Body) -> str:
    """Return points with their sign, or the word for a gate and what there is one of."""
    if kind == "rule":
        points = hundredths(body.get("points"))
        return "–" if points is None else show(points, plus=points > 0)
    if kind == "gate":
        return str(GATE_WORDS.get(key, key))
    return str(SINGLE_WORDS.get(kind, ""))


def more(kind: str, key: str, body: Body) -> str:
    """Return what a sentence leaves out and a signer must see: name, group, signal."""
    if kind == "group":
        dimension = DIMENSION_WORDS.get(str(body.get("dimension")), "")
        return _("%(name)s, counts for %(dimension)s") % {
            "name": body.get("name", key),
            "dimension": dimension,
        }
    if kind != "rule":
        return ""
    said = [
        _("“%(name)s” in %(group)s")
        % {"name": body.get("name", key), "group": str(body.get("group", "")).replace("_", " ")},
        str(SIGNAL_WORDS.get(str(body.get("signal")), "")),
        _("closes every gate") if body.get("disqualifies") else "",
    ]
    return ", ".join(filter(None, said))


def mark(kind: str, body: Body) -> Mark | None:
    """Return the bolt of a high-intent rule, the bar of one that disqualifies."""
    if kind == "rule" and body.get("disqualifies"):
        return Mark("slash-circle", _("closes every gate"))
    if kind == "rule" and body.get("signal") == "high_intent":
        return Mark("lightning-charge-fill", _("high intent"))
    return None
