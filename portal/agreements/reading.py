"""A version as people read it: sentences in sections, and what changed against another."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.agreements.addresses import address
from portal.agreements.models import Clause, Version
from portal.agreements.queries import clause_text
from portal.agreements.registry import (
    Body,
    ClauseText,
    Fix,
    Mark,
    Part,
    Problem,
    kind_named,
    pages_of,
    sections_of,
)


@dataclass(frozen=True)
class Change:
    """One clause that differs between two versions, in words."""

    key: str
    how: str  # added, removed, changed
    was: str
    now: str
    rationale: str
    clause: Clause | None  # as it stands now, with who changed it


@dataclass(frozen=True)
class Line:
    """One clause on the page."""

    clause: Clause
    lead: str
    parts: Sequence[Part]
    mark: Mark | None
    change: Change | None
    old_lead: str  # struck beside the new one, where it changed
    old_says: str  # the sentence before, where it read otherwise
    edit_url: str


@dataclass(frozen=True)
class Group:
    """A section of the page with its lines; its head is a clause, too, where it has limits."""

    title: str
    head: Line | None
    lines: Sequence[Line]

    @property
    def is_bare(self) -> bool:
        """Tell whether nothing stands before the sentences."""
        return not any(line.lead for line in self.lines)


@dataclass(frozen=True)
class Reading:
    """A version, ready to show: sections, changes against ``base``, and checks."""

    version: Version
    base: Version | None
    groups: Sequence[Group]
    changes: Sequence[Change]
    checks: Sequence["Check"]

    @property
    def lines(self) -> Iterable[Line]:
        for group in self.groups:
            yield from [group.head] if group.head else []
            yield from group.lines


@dataclass(frozen=True)
class Check:
    """Something to mend before signing; ``stops`` when it cannot even be proposed."""

    sentence: str
    key: str
    stops: bool
    fix: Fix | None = None


def words_of(kind: str, clause: ClauseText, clauses: Sequence[ClauseText]) -> str:
    """Return all that a clause says, in one sentence: lead, sentence, and what else counts."""
    pages, arguments = pages_of(kind), _arguments(clause)
    sentence = _plain(kind_named(kind).sentence(*arguments, clauses))
    lead, more = str(pages.lead(*arguments)), str(pages.more(*arguments))
    return "; ".join(filter(None, [f"{lead} {sentence}".strip(), more]))


def read_version(version: Version, base: Version | None) -> Reading:
    """Return a version with what changed against ``base``; three queries."""
    kind = version.agreement.kind
    rows = {
        row.key: row
        for row in version.clauses.select_related("changed_by").order_by("position", "key")
    }
    texts = [clause_text(row) for row in rows.values()]
    before = [clause_text(row) for row in base.clauses.all()] if base else []
    changes = changes_between(kind, before, texts, rows) if base else []
    by_key = {change.key: change for change in changes}
    old = {text["key"]: text for text in before}
    make = _LineMaker(version, texts, rows, by_key, old)
    groups = [
        Group(
            str(section.title),
            make.line(section.head) if section.head else None,
            [make.line(text) for text in section.clauses],
        )
        for section in sections_of(kind, texts)
    ]
    return Reading(version, base, groups, changes, checks_of(version, texts))


@dataclass(frozen=True)
class _LineMaker:
    version: Version
    texts: Sequence[ClauseText]
    rows: Mapping[str, Clause]
    changes: Mapping[str, Change]
    old: Mapping[str, ClauseText]

    def line(self, text: ClauseText) -> Line:
        kind = self.version.agreement.kind
        pages, arguments = pages_of(kind), _arguments(text)
        lead, parts = str(pages.lead(*arguments)), self._parts(text)
        before = self.old.get(text["key"])
        old_lead = str(pages.lead(*_arguments(before))) if before else lead
        says, old_says = _plain(parts), _plain(self._parts(before)) if before else ""
        return Line(
            clause=self.rows[text["key"]],
            lead=lead,
            parts=parts,
            mark=pages.mark(text["kind"], text["body"]),
            change=self.changes.get(text["key"]),
            old_lead=old_lead if old_lead != lead else "",
            old_says=old_says if old_says != says else "",
            edit_url=address(self.version, "clause", key=text["key"]),
        )

    def _parts(self, text: ClauseText) -> Sequence[Part]:
        return kind_named(self.version.agreement.kind).sentence(*_arguments(text), self.texts)


def _arguments(text: ClauseText) -> tuple[str, str, Body]:
    return text["kind"], text["key"], text["body"]


def _plain(parts: Iterable[Part]) -> str:
    return "".join(part.text for part in parts)


def changes_between(
    kind: str,
    before: Sequence[ClauseText],
    after: Sequence[ClauseText],
    rows: Mapping[str, Clause] | None = None,
) -> list[Change]:
    """Return what ``after`` adds, changes and takes out, in the order of the text."""
    old = {text["key"]: text for text in before}
    new = {text["key"]: text for text in after}
    rows, place = rows or {}, kind_named(kind).place
    changes = [
        Change(
            key=key,
            how="changed" if key in old else "added",
            was=words_of(kind, old[key], before) if key in old else "",
            now=words_of(kind, text, after),
            rationale=text["rationale"],
            clause=rows.get(key),
        )
        for key, text in new.items()
        if key not in old
        or _says_other(old[key], text)
        or place(old[key], before) != place(text, after)
    ]
    changes += [
        Change(key, "removed", words_of(kind, text, before), "", "", None)
        for key, text in old.items()
        if key not in new
    ]
    return [_told_apart(change, old, new) for change in changes]


def _says_other(one: ClauseText, other: ClauseText) -> bool:
    return any(one[name] != other[name] for name in ("kind", "body", "rationale"))


def _told_apart(
    change: Change, old: Mapping[str, ClauseText], new: Mapping[str, ClauseText]
) -> Change:
    """Where both sentences read the same, show what differs: the reason, or the text itself."""
    if change.how != "changed" or change.was != change.now:
        return change
    one, other = old[change.key], new[change.key]
    if one["body"] == other["body"]:
        was, now = (
            _("%(sentence)s. Why: %(why)s")
            % {"sentence": change.now, "why": text["rationale"] or _("not said")}
            for text in (one, other)
        )
    else:
        was, now = (json.dumps(text["body"], ensure_ascii=False) for text in (one, other))
    return Change(change.key, change.how, was, now, change.rationale, change.clause)


def checks_of(version: Version, clauses: Sequence[ClauseText]) -> list[Check]:
    """Return what stands in the way of a proposal, then what is worth a second look."""
    kind = version.agreement.kind
    stops = [*kind_named(kind).check_version(clauses)]
    if version.effective_from is None:
        stops += kind_named(kind).check_beside(version, clauses)
    found = [_check(problem, stops=True) for problem in stops]
    if not stops:
        found += [_check(problem, stops=False) for problem in pages_of(kind).checks(clauses)]
    return found


def _check(problem: Problem, *, stops: bool) -> Check:
    key = problem.path.partition(".")[0].partition(":")[2]
    return Check(str(problem.sentence), key, stops, getattr(problem, "fix", None))
