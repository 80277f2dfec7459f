"""What each person of the market does, and when: seeded, so that two demos are alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from portal.demo import market
from portal.demo.market import Firm, pick

Thing = tuple[str, str, str]


@dataclass(frozen=True)
class Deed:
    """One activity to come."""

    at: datetime
    person: int
    kind: str
    about: Thing | None = None


@dataclass
class Person:
    """One future lead: how it comes in, what becomes known of it and when."""

    number: int
    name: str
    email: str
    firm: Firm
    title: str
    source: str
    campaign: str
    arrives_at: datetime
    kind: str
    facts: dict[str, str | int] = field(default_factory=dict)
    enriched_at: datetime | None = None


KINDS = (("passer_by", 28), ("reader", 25), ("evaluator", 25), ("buyer", 17), ("student", 5))
TITLES: dict[str, tuple[tuple[tuple[str, ...], int], ...]] = {
    "passer_by": ((market.OTHER, 45), (market.MANAGER, 40), (market.DIRECTOR, 15)),
    "reader": ((market.MANAGER, 50), (market.OTHER, 30), (market.DIRECTOR, 15), (market.SENIOR, 5)),
    "evaluator": ((market.MANAGER, 45), (market.DIRECTOR, 35), (market.SENIOR, 20)),
    "buyer": ((market.DIRECTOR, 40), (market.SENIOR, 45), (market.MANAGER, 15)),
    "student": ((market.JUNIOR, 100),),
}
TIMELINES = ("within_30_days", "this_quarter", "this_year", "just_exploring")
TIMELINE_WEIGHTS = {"buyer": (45, 35, 15, 5), "evaluator": (14, 36, 30, 20)}


def cast_market(
    random: Random, *, number: int, since: datetime, until: datetime
) -> tuple[list[Person], list[Deed]]:
    """Return the people that arrive between the two instants, and all their deeds in order."""
    firms = market.found_companies(random, max(40, number // 4))
    people = [_person(random, n, random.choice(firms), since, until) for n in range(number)]
    for person in people[: number // 25]:  # a campaign that ran these last two days
        _come_lately(random, person, until)
    deeds = [deed for person in people for deed in _deeds(random, person, until)]
    return people, sorted(deeds, key=lambda deed: (deed.at, deed.person))


def _person(random: Random, number: int, firm: Firm, since: datetime, until: datetime) -> Person:
    kind = pick(random, KINDS)
    first, last = random.choice(market.FIRST), random.choice(market.LAST)
    source, campaign = _origin(random, kind)
    person = Person(
        number=number,
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@{firm.domain}".lower(),
        firm=firm,
        title=random.choice(pick(random, TITLES[kind])),
        source=source,
        campaign=campaign,
        arrives_at=_moment(random, since, until),
        kind=kind,
    )
    _learn(random, person)
    return person


def _come_lately(random: Random, person: Person, until: datetime) -> None:
    person.kind = "hurried"
    person.source, person.campaign = "Webinar", "SLA clinic"
    arrives_at = until - timedelta(hours=60) * random.random() ** 2  # the later the more
    person.arrives_at = arrives_at.replace(microsecond=0)
    person.title = random.choice(pick(random, TITLES["buyer"]))
    _learn(random, person)


def _origin(random: Random, kind: str) -> tuple[str, str]:
    name = pick(random, [source[:2] for source in market.SOURCES])
    if kind == "student" and random.random() < 0.7:
        name = "White paper"
    if kind == "buyer" and random.random() < 0.45:
        name = "Demo form"
    campaigns = next(source[2] for source in market.SOURCES if source[0] == name)
    return name, random.choice(campaigns)


def _learn(random: Random, person: Person) -> None:
    """Decide what the person says in a form, and what is found out a little later."""
    person.facts = {"title": person.title}
    if random.random() < 0.5 or person.kind in {"buyer", "evaluator"}:
        weights = TIMELINE_WEIGHTS.get(person.kind, (3, 12, 30, 55))
        person.facts["timeline"] = random.choices(TIMELINES, weights)[0]
    is_found_out = random.random() < 0.85
    later = timedelta(minutes=random.randint(1, 300)) if is_found_out else None
    person.enriched_at = person.arrives_at + later if later else None


def _moment(random: Random, since: datetime, until: datetime) -> datetime:
    """Return an instant; working days and hours are three times as busy."""
    while True:
        at = since + (until - since) * random.random()
        busy = at.weekday() < 5 and 7 <= at.hour < 18
        if busy or random.random() < 0.22:
            return at.replace(microsecond=0)


def _deeds(random: Random, person: Person, until: datetime) -> Iterator[Deed]:
    writers = {
        "passer_by": _pass_by,
        "reader": _read,
        "evaluator": _evaluate,
        "buyer": _buy,
        "student": _study,
        "hurried": _hurry,
    }
    for at, kind, about in writers[person.kind](random, person.arrives_at):
        if at < until:
            yield Deed(at.replace(microsecond=0), person.number, kind, about)


Step = tuple[datetime, str, Thing | None]


def _browse(random: Random, at: datetime, pages: int, days: float) -> Iterator[Step]:
    for _ in range(pages):
        later = at + timedelta(days=days * random.random() ** 1.6)
        yield later, "page_view", random.choice(market.PAGES)


def _mail(random: Random, at: datetime, mails: int) -> Iterator[Step]:
    for week in range(mails):
        sent = at + timedelta(days=7 * week + random.random())
        yield sent, "email_sent", None
        if random.random() < 0.4:
            yield sent + timedelta(hours=random.random() * 30), "email_opened", None
        if random.random() < 0.12:
            yield sent + timedelta(hours=random.random() * 30), "email_clicked", None


def _some(
    random: Random, at: datetime, things: Sequence[Thing], most: int, days: float, kind: str
) -> Iterator[Step]:
    for thing in random.sample(list(things), k=min(len(things), random.randint(0, most))):
        yield at + timedelta(days=days * random.random()), kind, thing


def _pass_by(random: Random, at: datetime) -> Iterator[Step]:
    yield from _browse(random, at, random.randint(1, 6), 10)
    yield from _mail(random, at, random.randint(0, 4))
    if random.random() < 0.3:
        yield at, "subscription", market.BLOG
    if random.random() < 0.12:
        yield at + timedelta(days=random.random() * 9), "page_view", market.PRICING


def _read(random: Random, at: datetime) -> Iterator[Step]:
    yield at, "content_download", random.choice(market.GUIDES)
    yield from _browse(random, at, random.randint(3, 10), 40)
    yield from _mail(random, at, random.randint(2, 8))
    yield from _some(random, at, market.CASES, 3, 45, "content_download")
    if random.random() < 0.35:
        yield at + timedelta(days=random.random() * 30), "page_view", market.PRICING
    if random.random() < 0.05:
        yield at + timedelta(days=5 + random.random() * 25), "demo_request", None


def _evaluate(random: Random, at: datetime) -> Iterator[Step]:
    yield from _browse(random, at, random.randint(6, 16), 35)
    yield from _mail(random, at, random.randint(2, 6))
    yield from _some(random, at, market.CASES, 3, 25, "content_download")
    for _ in range(random.randint(1, 3)):
        yield at + timedelta(days=random.random() * 20), "page_view", market.PRICING
    if random.random() < 0.4:
        yield at + timedelta(days=random.random() * 15), "webinar_attended", None
    if random.random() < 0.30:
        yield at + timedelta(days=3 + random.random() * 20), "demo_request", None


def _buy(random: Random, at: datetime) -> Iterator[Step]:
    yield from _browse(random, at, random.randint(4, 12), 14)
    for _ in range(random.randint(1, 4)):
        yield at + timedelta(days=random.random() * 6), "page_view", market.PRICING
    yield from _some(random, at, market.CASES, 2, 8, "content_download")
    if random.random() < 0.78:
        yield at + timedelta(days=random.random() * 4), "demo_request", None


def _hurry(random: Random, at: datetime) -> Iterator[Step]:
    yield at + timedelta(minutes=4 + 40 * random.random()), "demo_request", None
    yield at + timedelta(minutes=2), "page_view", market.PRICING
    yield from _browse(random, at, random.randint(2, 5), 1)


def _study(random: Random, at: datetime) -> Iterator[Step]:
    for guide in market.GUIDES:
        yield at + timedelta(hours=random.random() * 3), "content_download", guide
    yield from _some(random, at, market.CASES, 3, 6, "content_download")
    yield from _browse(random, at, random.randint(5, 14), 12)
    yield at, "subscription", market.BLOG
