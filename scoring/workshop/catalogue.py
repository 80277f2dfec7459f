"""What really occurs, as things to make rules of: facts, words, activities, tags, objects."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.database.registry import FACT_TYPES, FACTS, KINDS_BY_NAME
from portal.agreements.registry import Addition, Body
from scoring.definitions.registration import labels
from scoring.engine.census import Census

WORD = re.compile(r"[^\W\d_][\w&+-]+")
WORDY = ("title", "role", "use_case")  # facts of which single words are offered
MOST_VALUES, MOST_WORDS, MOST_OBJECTS = 24, 24, 40
FEWEST = 2  # leads of whom a word is offered
USUAL_DAYS = 90
SMALL = frozenset({"of", "and", "the", "for", "in", "at", "to", "und", "de"})  # say nothing alone
LONGEST = 200


@dataclass(frozen=True)
class Item:
    """Something to make a rule of: its words, how often it occurs, the query that prefills."""

    words: str
    counts: str
    slug: str  # of the addition whose form it prefills
    query: str


@dataclass(frozen=True)
class Shelf:
    title: str
    items: list[Item] = field(default_factory=list)


def fact_shelves(census: Census, wanted: str = "") -> list[Shelf]:
    """Return each fact with the values leads have, and words of titles; or what matches."""
    named = labels()
    shelves = []
    for fact in FACTS:
        values, name = census.facts.get(fact.name, Counter()), str(fact.label)
        if wanted:
            shelf = Shelf(name.capitalize(), list(_searched(fact.name, name, values, wanted)))
        elif fact.type == "number":
            shelf = Shelf(name.capitalize(), list(_numbers(fact.name, name, values)))
        else:
            words = _words(fact.name, name, values) if fact.name in WORDY else ()
            listed = _values(fact.name, name, values, named)
            shelf = Shelf(name.capitalize(), [*words, *listed])
        if shelf.items:
            shelves.append(shelf)
    return shelves


def _leads(count: int) -> str:
    return ngettext("%(n)s lead", "%(n)s leads", count) % {"n": f"{count:,}"}


def _item(fact: str, op: str, value: str, words: str, count: int) -> Item:
    query = urlencode({"fact": fact, "op": op, "value": value, "name": words[:100]})
    return Item(words, _leads(count), "fact", query)


def _values(
    fact: str, name: str, values: Mapping[object, int], named: Mapping[str, str]
) -> Iterator[Item]:
    for value, count in Counter(values).most_common(MOST_VALUES):
        shown = named.get(f"{fact}:{value}", str(value))
        words = _("%(name)s is %(value)s") % {"name": name, "value": shown}
        if len(str(value)) <= LONGEST and "," not in str(value):
            yield _item(fact, "in", str(value), words, count)


def _words(fact: str, name: str, values: Mapping[object, int]) -> Iterator[Item]:
    """Yield the words that most leads have: “title contains VP: 812 leads”."""
    found: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for value, count in values.items():
        here = {one.group().casefold(): one.group() for one in WORD.finditer(str(value))}
        for folded, written in here.items():
            found[folded] += count
            spelled.setdefault(folded, written)
    for word, count in found.most_common(MOST_WORDS):
        if count >= FEWEST and word not in SMALL:
            words = _("%(name)s contains %(word)s") % {"name": name, "word": spelled[word]}
            yield _item(fact, "contains_word", spelled[word], words, count)


def _numbers(fact: str, name: str, values: Mapping[object, int]) -> Iterator[Item]:
    """Yield the quarters of the leads whose number is known, and those with any."""
    known = sorted((int(str(value)), count) for value, count in values.items())
    total = sum(count for _value, count in known)
    if not total:
        return
    yield _item(fact, "is_known", "", _("%s is known") % name, total)
    seen = 0
    ends: list[int] = []
    for value, count in known:
        seen += count
        while len(ends) < 3 and seen >= total * (len(ends) + 1) / 4:
            ends.append(value)
    for end in dict.fromkeys(ends):
        count = sum(one for value, one in known if value >= end)
        words = _("%(name)s at least %(value)s") % {"name": name, "value": f"{end:,}"}
        yield _item(fact, "gte", str(end), words, count)


def _searched(
    fact: str, name: str, values: Mapping[object, int], wanted: str
) -> Iterator[Item]:  # fmt: skip
    if FACT_TYPES[fact] != "text":
        return
    folded = wanted.strip().casefold()
    count = sum(n for value, n in values.items() if folded in str(value).casefold())
    if count:
        words = _("%(name)s contains %(word)s") % {"name": name, "word": wanted.strip()}
        yield _item(fact, "contains", wanted.strip(), words, count)


def activity_shelves(census: Census, wanted: str = "") -> list[Shelf]:
    """Return the kinds of activities that occur, those about something tagged, and about what."""
    named, folded = labels(), wanted.strip().casefold()
    kinds = [
        Item(
            _("a person %s") % named[kind],
            _times(one.times, one.people),
            "activity",
            urlencode({"kind": kind, "name": named[kind].capitalize()[:100]}),
        )
        for kind, one in sorted(census.kinds.items(), key=lambda row: -row[1].people)
    ]
    tags = [
        Item(
            _("%(does)s tagged %(tag)s") % {"does": named[kind], "tag": tag},
            _times(one.times, one.people),
            "activity",
            urlencode({"kind": kind, "tag": tag,
                       "name": f"{named[kind].capitalize()}, {tag}"[:100]}),
        )
        for (kind, tag), one in sorted(census.tags.items(), key=lambda row: -row[1].people)
    ]  # fmt: skip
    objects = [
        Item(
            key,
            _("%(n)s times, %(does)s") % {"n": f"{times:,}", "does": named[kind]},
            "activity",
            urlencode({"kind": kind, "object": key, "name": key[:100]}),
        )
        for (kind, key), times in sorted(census.objects.items(), key=lambda row: -row[1])
    ]
    found = [
        Shelf(_("What a person does"), _matching(kinds, folded)),
        Shelf(_("About something that marketing tagged"), _matching(tags, folded)),
        Shelf(_("Pages, forms and content"), _matching(objects, folded)[:MOST_OBJECTS]),
    ]
    return [shelf for shelf in found if shelf.items]


def _matching(items: Sequence[Item], folded: str) -> list[Item]:
    return [one for one in items if folded in one.words.casefold()]


def _times(times: int, people: int) -> str:
    values = {"times": f"{times:,}", "people": f"{people:,}"}
    return _("%(times)s times by %(people)s people") % values


def prefilled(addition: Addition, given: Mapping[str, str]) -> Body:
    """Return the body a new rule begins with: what was chosen in the catalogue, nothing unknown."""
    body, name = dict(addition.body), given.get("name", "").replace("\x00", "")[:100]
    if addition.slug == "fact" and given.get("fact") in FACT_TYPES:
        field, op, value = given["fact"], given.get("op", "in"), given.get("value", "")
        told: object = [value] if op == "in" else True if op == "is_known" else value
        if op == "gte" and value.isdecimal() and len(value) < 16:
            told = int(value)
        if (value or op == "is_known") and op in {
            "in",
            "contains",
            "contains_word",
            "gte",
            "is_known",
        }:
            body["when"] = {"field": field, "op": op, "value": told}
            body["name"] = name[:1].upper() + name[1:]
    if addition.slug == "activity" and given.get("kind") in KINDS_BY_NAME:
        body |= {"kinds": [given["kind"]], "name": name, "within_days": USUAL_DAYS}
        if given.get("tag"):
            body["where"] = {"field": "object_tags", "op": "has", "value": given["tag"][:LONGEST]}
        elif given.get("object"):
            asked = given["object"][:LONGEST]
            body["where"] = {"field": "object", "op": "equals", "value": asked}
    return body
