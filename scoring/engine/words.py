"""Words for what stands behind a factor: facts, activities, dates, and a gate's conditions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.activities.models import Activity
from leads.database.derive import SOURCES
from leads.database.registry import FACTS_BY_NAME, SetBy
from scoring.definitions.registration import value_words
from scoring.rules.amounts import show
from scoring.rules.conditions import Comparison
from scoring.rules.definition import (
    AllOf,
    AnyOf,
    Behaviour,
    Definition,
    DimensionAtLeast,
    Fact,
    Gate,
    GateInput,
    IsIcp,
    Rule,
    RuleFired,
    RulesAtLeast,
    SignalsAtLeast,
    TotalAtLeast,
)
from scoring.rules.gate_sentences import gate_sentence, rule_count, signal_count
from scoring.rules.parts import Labels, plain
from scoring.rules.sentences import condition_sentence, definition_rule_names

DERIVED_FROM = {name: source for source, names in SOURCES.items() for name in names}
TITLES_SHOWN = 2
DAYS_SHOWN = 3


def facts_words(facts: Iterable[tuple[str, object]], known: Mapping[str, object]) -> str:
    """Return the values a rule asked about: “VP Marketing, 320 people in the company”.

    A derived fact is told by what it was derived from, where ``known`` has that.
    """
    told = {}
    for name, value in facts:
        source = DERIVED_FROM.get(name, name)
        told.update({source: known[source]} if source in known else {name: value})
    return ", ".join(_fact_words(name, value) for name, value in told.items())


def _fact_words(name: str, value: object) -> str:
    fact = FACTS_BY_NAME.get(name)
    if isinstance(value, int) and fact is not None:
        return f"{value:,} {fact.label}"
    return value_words(name, value)


def activity_words(activities: Sequence[Activity]) -> str:
    """Return what the activities were about, each once; empty when they are about nothing."""
    titles = list(dict.fromkeys(str(one.object) for one in activities if one.object is not None))
    if len(titles) <= TITLES_SHOWN:
        return ", ".join(titles)
    words = {"shown": ", ".join(titles[:TITLES_SHOWN]), "n": len(titles) - TITLES_SHOWN}
    return _("%(shown)s and %(n)d more") % words


def times_words(text: str, rule: Rule | None, times: int) -> str:
    """Add how often a rule counted, where it counts more than once: “Visited pricing, 2 of 2”."""
    test = rule.test if rule is not None else None
    if not isinstance(test, Behaviour) or test.counts == "once" or times == 0:
        return text
    if test.max_times is not None:
        words = {"text": text, "n": times, "most": test.max_times}
        return _("%(text)s, %(n)d of %(most)d") % words
    return _("%(text)s, %(n)d times") % {"text": text, "n": times} if times > 1 else text


def date_words(
    dates: Sequence[datetime],
    facts: Sequence[str],
    origins: Mapping[str, list[int]],
    *,
    always: bool = False,
) -> str:
    """Return “19, 21 Nov” for activities, “form, 10 Nov” for facts; empty for one activity.

    One activity's instant is shown as such by the component, unless ``always``.
    """
    if len(dates) > 1 or (dates and always):
        return _days_words(dates)
    told = [DERIVED_FROM.get(name, name) for name in facts]
    known = [origins[name] for name in (*told, *facts) if name in origins]
    if dates or not known:
        return ""
    set_by, since = known[0]
    said = {
        SetBy.PERSON: _("by hand"),
        SetBy.FORM: _("form"),
        SetBy.IMPORT: _("import"),
        SetBy.ENRICHMENT: _("enriched"),
        SetBy.DERIVED: _("derived"),
    }[SetBy(set_by)]
    return f"{said}, {_day(datetime.fromtimestamp(since, UTC))}"


def _days_words(dates: Sequence[datetime]) -> str:
    days = list(dict.fromkeys(timezone.localtime(one).date() for one in dates))[-DAYS_SHOWN:]
    words = []
    for day, following in zip(days, [*days[1:], None], strict=True):
        same = following is not None and (day.year, day.month) == (following.year, following.month)
        words.append(date_format(day, "j" if same else "j M"))
    return ", ".join(words).replace(" ", "\N{NO-BREAK SPACE}")


def _day(when: datetime) -> str:
    return date_format(timezone.localtime(when), "j M").replace(" ", "\N{NO-BREAK SPACE}")


def gate_ticks(
    definition: Definition, gate: str, given: GateInput, labels: Labels
) -> Iterator[tuple[str, bool]]:
    """Yield each condition of a gate in a few words, and whether it holds."""
    tree: Gate | None = getattr(definition, gate)
    if tree is None:
        return
    names = definition_rule_names(definition)
    for part in tree.parts if isinstance(tree, AllOf) else (tree,):
        yield _tick_words(_that_holds(part, given), labels, names), part.holds(given)


def _that_holds(part: Gate, given: GateInput) -> Gate:
    """Return of several ways the first that is open: one reads why, not why else."""
    if not isinstance(part, AnyOf):
        return part
    return next((_that_holds(one, given) for one in part.parts if one.holds(given)), part)


def _tick_words(part: Gate, labels: Labels, names: Mapping[str, str]) -> str:
    if isinstance(part, AllOf):
        return _(" and ").join(_tick_words(one, labels, names) for one in part.parts)
    if isinstance(part, AnyOf):
        return _(", or ").join(_tick_words(one, labels, names) for one in part.parts)
    if isinstance(part, TotalAtLeast | DimensionAtLeast | SignalsAtLeast | RulesAtLeast):
        return _amount_words(part)
    if isinstance(part, IsIcp | RuleFired):
        return _("ICP") if isinstance(part, IsIcp) else names.get(part.rule, part.rule)
    if isinstance(part, Fact) and part.comparison.op in {"equals", "in"}:
        return _values_words(part.comparison, labels)
    return plain(gate_sentence(part, labels, names, condition_sentence)).removeprefix(_("when "))


def _values_words(comparison: Comparison, labels: Labels) -> str:
    """Return only the values asked for, which speak for themselves: “C-level or VP”."""
    given = (str(one.given) for one in comparison.operands)
    return _(" or ").join(labels.get(f"{comparison.field}:{one}", one) for one in given)


def _amount_words(part: TotalAtLeast | DimensionAtLeast | SignalsAtLeast | RulesAtLeast) -> str:
    if isinstance(part, TotalAtLeast):
        return _("%s points") % show(part.points)
    if isinstance(part, DimensionAtLeast):
        word = _("fit %s") if part.dimension == "fit" else _("engagement %s")
        return word % show(part.points)
    if isinstance(part, RulesAtLeast):
        return rule_count(part.dimension, part.count).format(count=part.count)
    if part.count == 1 and part.signal == "high_intent":
        return _("high intent")
    return signal_count(part.signal, part.count).format(count=part.count)
