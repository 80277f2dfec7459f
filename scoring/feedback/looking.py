"""What one visit of the learning pages looks at: its filters, and the columns they leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from leads.database.facts import known_facts
from leads.database.registry import FACTS, Fact
from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation, Role, User
from portal.agreements.models import Version
from portal.core.http import user_of
from portal.core.intervals import ENOUGH
from scoring.definitions.services import parsed
from scoring.engine.models import Evidence
from scoring.feedback.behind import CELL
from scoring.feedback.decided import UNKNOWN, Bools, Decided, read_decided
from scoring.feedback.filters import RejectionFilter
from scoring.feedback.models import DecidedHandoff
from scoring.feedback.panels import Known, Share, known_rules
from scoring.feedback.totals import gate_total
from scoring.rules.definition import Attribute, Definition

READERS = frozenset(
    {Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.SALES_LEAD, Role.ADMIN}
)
ONCE = ("cursor",)  # of one visit: links do not carry them on
NEWEST = 1_000  # handoffs whose facts a page looks at


def decided_for(user: User) -> QuerySet[Disposition]:
    """Return the dispositions that stand and that ``user`` may count; 404 for other roles."""
    if user.role not in READERS:
        raise Http404
    rows = Disposition.objects.standing()
    if user.sees_everything:
        return rows
    return rows.filter(handoff__in=Handoff.objects.visible_to(user))


def query_of(data: Mapping[str, Any]) -> str:
    """Return the filters as a query string that links carry on, without what chose one cell."""
    kept = {name: str(value) for name, value in data.items() if value and name not in ONCE}
    for name in CELL:
        kept.pop(name, None)
    return urlencode(sorted(kept.items()))


@dataclass(frozen=True)
class Looking:
    """One visit: what is asked of the database is asked once, when it is first needed."""

    filter: RejectionFilter
    user: User | None = None  # None: whoever sees everything

    @classmethod
    def by(cls, request: HttpRequest) -> "Looking":
        """Return what this person looks at; 404 for roles that do not read these pages."""
        user = user_of(request)
        return cls(RejectionFilter(request.GET, queryset=decided_for(user)), user)

    @property
    def rows(self) -> QuerySet[Disposition]:
        found: QuerySet[Disposition] = self.filter.qs
        return found

    @cached_property
    def counted(self) -> QuerySet[DecidedHandoff]:
        """The same handoffs as ``rows``, one narrow row each."""
        rows = self.filter.counted
        seen = DecidedHandoff.objects.visible_to(self.user) if self.user else None
        return rows if seen is None else rows & seen

    @property
    def query(self) -> str:
        return query_of(self.filter.data)

    @property
    def is_reconstructed(self) -> bool:
        return bool(self.filter.data["evidence"] == Evidence.Kind.RECONSTRUCTED)

    @cached_property
    def everything(self) -> Decided:
        """Every decided handoff of the filters; -1 as version where one has no evidence."""
        return read_decided(self.counted)

    @cached_property
    def decided(self) -> Decided:
        """Those that judge rules: by a gate, not duplicates, not with data to mend."""
        return self.everything.judging

    @cached_property
    def definitions(self) -> dict[int, Definition]:
        """The definitions behind these handoffs, by the ids of their versions."""
        ids = set(np.unique(self.decided.version).tolist()) - {UNKNOWN}
        return {one.pk: parsed(one) for one in Version.objects.filter(pk__in=ids)}

    @cached_property
    def known(self) -> Known:
        rules = {pk: definition.rules for pk, definition in self.definitions.items()}
        return known_rules(self.decided, rules)

    @cached_property
    def won(self) -> Bools:
        """Which of ``decided`` were won."""
        return self.decided.won

    @property
    def gates(self) -> dict[int, int]:
        """The total that each version's sales-ready gate asks for, where it asks for one."""
        asked = {pk: gate_total(one.sales_ready) for pk, one in self.definitions.items()}
        return {pk: total for pk, total in asked.items() if total is not None}

    @property
    def mondays(self) -> list[datetime]:
        """The Mondays around the dated handoffs, in the organisation's zone; one after the last.

        Every fourth one where most weeks have fewer handoffs than say anything.
        """
        dated = self.decided.decided[self.decided.decided != UNKNOWN]
        if not dated.size:
            return []
        zone = ZoneInfo(Organisation.current().zone)
        first, last = (datetime.fromtimestamp(int(end), zone) for end in (dated.min(), dated.max()))
        monday = first.replace(hour=0, minute=0, second=0) - timedelta(days=first.weekday())
        span = (last - monday).days // 7 + 1
        weeks = 1 if dated.size >= ENOUGH * span else 4
        found = [monday]
        while found[-1] <= last:
            found.append(found[-1] + timedelta(weeks=weeks))
        return found

    def fill_rates(self) -> list[tuple[Fact, Share]]:
        """Return how often each fact of companies, or asked by a rule, was known at handoff.

        Of the 1,000 newest handoffs of these filters; three statements.
        """
        newest = self.decided.newest(NEWEST)
        handoffs = list(
            Handoff.objects.filter(pk__in=newest.tolist()).values_list("lead_id", "made_at")
        )
        timelines = known_facts({lead for lead, _made_at in handoffs})
        known: list[set[str]] = []
        for lead, made_at in handoffs:
            before = [
                row for row in timelines.get(lead, ()) if made_at and row.known_from <= made_at
            ]
            known.append(set(before[-1].values) if before else set())
        asked = {
            name
            for definition in self.definitions.values()
            for rule in definition.rules
            if isinstance(rule.test, Attribute)
            for name in rule.test.facts
        }
        facts = [fact for fact in FACTS if fact.of_company or fact.name in asked]
        return [
            (fact, Share(sum(fact.name in names for names in known), len(known))) for fact in facts
        ]
