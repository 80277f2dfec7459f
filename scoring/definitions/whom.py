"""Whom versions of definitions are for, in words."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from portal.agreements.models import Clause, Version
from scoring.definitions.registration import labels
from scoring.rules.clause_forms import ANYTHING, read_whom
from scoring.rules.parts import plain
from scoring.rules.problems import Findings
from scoring.rules.sentences import condition_sentence


def whom_of(versions: Sequence[Version]) -> dict[int, str]:
    """Return whom each version applies to, by its id; one query for any number."""
    ids = [one.pk for one in versions if one.agreement.position]
    clauses = Clause.objects.filter(version__in=ids, kind="segment")
    bodies = dict(clauses.values_list("version_id", "body"))
    return {
        one.pk: _words(bodies.get(one.pk))
        if one.agreement.position
        else _("Everybody whom no segment takes.")
        for one in versions
    }


def _words(body: object) -> str:
    condition = None if body is None else read_whom(body, ANYTHING, "", Findings())
    if condition is None:
        return _("Nobody has said yet whom it is for.")
    return _("Leads where %s.") % plain(condition_sentence(condition, labels()))
