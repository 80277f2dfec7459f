"""Which definition applies to a lead and why, in a sentence. Empty while there is only one."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from scoring.definitions.registration import labels
from scoring.definitions.services import Applied, InForce
from scoring.engine.words import facts_words
from scoring.rules.definition import Definition
from scoring.rules.evaluate import Facts
from scoring.rules.parts import plain
from scoring.rules.sentences import condition_sentence


def why_applies(in_force: InForce, facts: Facts) -> str:
    """Say which definition scores a lead with these facts, and why none that is tried before."""
    applied = in_force.of(facts)
    if applied.definition.segment is not None:
        return why_in_segment(applied.definition, facts)
    return _passed_by(applied, in_force.members[:-1], facts)


def why_in_segment(definition: Definition, facts: Facts) -> str:
    """Say by which segment's definition a lead is scored; empty for one that is for everybody."""
    if definition.segment is None:
        return ""
    said = _(
        "Scored by “%(name)s”, version %(number)d, which is for leads where %(when)s (%(known)s)."
    )
    return said % {
        "name": definition.name,
        "number": definition.version,
        "when": plain(condition_sentence(definition.segment, labels())),
        "known": _known(definition, facts),
    }


def _passed_by(applied: Applied, segments: Sequence[Applied], facts: Facts) -> str:
    """Name the segments that were tried and did not take the lead."""
    if not segments:
        return ""
    tried = [
        _("“%(name)s” is for leads where %(when)s (%(known)s)")
        % {
            "name": one.definition.name,
            "when": plain(condition_sentence(one.definition.segment, labels())),
            "known": _known(one.definition, facts),
        }
        for one in segments
        if one.definition.segment is not None
    ]
    said = _(
        "Scored by “%(name)s”, version %(number)d, which is for everybody whom no segment takes: "
        "%(tried)s."
    )
    return said % {
        "name": applied.definition.name,
        "number": applied.definition.version,
        "tried": "; ".join(tried),
    }


def _known(definition: Definition, facts: Facts) -> str:
    """Return what the segment asks about, as far as it is known."""
    names = definition.segment.fields() if definition.segment is not None else ()
    known = [(name, facts[name]) for name in names if facts.get(name) is not None]
    return facts_words(known, facts) if known else _("not known")
