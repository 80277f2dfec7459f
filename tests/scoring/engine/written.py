"""Leads of every shape, written once past the services, and what they are in plain values."""

from datetime import timedelta
from random import Random

from leads.activities.models import Activity, TrackedObject
from leads.database.models import FactSnapshot, FactText, Lead, Standing
from leads.database.registry import KINDS_BY_NAME, SetBy
from portal.agreements.models import Agreement
from portal.agreements.services import propose, sign, start_draft
from scoring.rules import activities as rules
from tests.factories import make_user
from tests.scoring.rules.builders import NOW
from tests.scoring.rules.strategies import SAID, TAGS, TEXTS

# What the strategies' definitions speak of, in the words of the registry.
WORDS = {
    "visit": "page_view", "mail": "email_opened", "form": "form_submitted", "other": "chat",
    "size": "company_size", "known": "team_size", "place": "outcome", "seconds": "duration_s",
    "since": "timeline",
}  # fmt: skip
NUMBERS = [0, 1, 5, 49, 50, 51, 5000, 5001, -3]
SINCE = [one for one in SAID if isinstance(one, str)]  # the fact is a text


def in_registry_words(tree):
    """Return a definition's document in the words of the registry."""
    if isinstance(tree, dict):
        words = {}
        for name, value in tree.items():
            if name == "kinds":
                words[name] = [WORDS[kind] for kind in value]
            elif name == "field":
                words[name] = WORDS.get(value, value)
            else:
                words[name] = in_registry_words(value)
        return words
    return [in_registry_words(one) for one in tree] if isinstance(tree, list) else tree


def moment(random):
    edge = random.choice([-1, 0, 0, 0, 0, 1, 40_000])
    return NOW - timedelta(days=random.randint(-1, 7), seconds=edge)


def write_objects(random, seed):
    objects = [
        TrackedObject(
            kind=random.choice(["page", "asset"]),
            key=f"{text}{' ' * (n + seed)}",  # trimmed and folded, several are the same text
            tags=random.sample(TAGS, random.randint(0, 2)),
        )
        for n, text in enumerate(TEXTS)
    ]
    TrackedObject.objects.bulk_create(objects)
    return objects


def write_leads(count, seed=4):
    """Write ``count`` leads; return the plain (facts rows, activities) of each by its id."""
    random = Random(seed)  # noqa: S311 - rows, not a secret
    leads = Lead.objects.bulk_create(
        Lead(external_source=f"set {seed}", external_id=str(n), recorded_at=NOW)
        for n in range(count)
    )
    Standing.objects.bulk_create(Standing(lead=lead) for lead in leads)
    texts = {text: FactText.objects.get_or_create(text=text)[0].pk for text in (*TEXTS, *SINCE)}
    objects = write_objects(random, seed)
    histories = {lead.pk: ([], []) for lead in leads}
    snapshots, activities = [], []
    for lead in leads:
        for _ in range(random.randint(0, 3)):
            values = facts(random)
            since = moment(random)
            histories[lead.pk][0].append((since, values))
            coded = {k: texts[v] if isinstance(v, str) else v for k, v in values.items()}
            snapshots.append(
                FactSnapshot(
                    lead=lead,
                    known_from=since,
                    recorded_at=NOW,
                    set_by=SetBy.FORM,
                    origins={name: [SetBy.FORM, int(since.timestamp())] for name in coded},
                    **coded,
                )
            )
        activities += [activity(random, lead, objects) for _ in range(random.randint(0, 8))]
    FactSnapshot.objects.bulk_create(snapshots)
    random.shuffle(activities)
    for stored in Activity.objects.bulk_create(activities):
        histories[stored.lead_id][1].append(plain(stored))
    return histories


def facts(random):
    values = {}
    for name in ("title", "industry"):
        if random.random() < 0.7:
            values[name] = random.choice(TEXTS)
    if random.random() < 0.5:
        values["timeline"] = random.choice(SINCE)
    for name in ("company_size", "team_size"):
        if random.random() < 0.7:
            values[name] = random.choice(NUMBERS)
    return values


def activity(random, lead, objects):
    at = moment(random)
    properties = {}
    if random.random() < 0.5:
        properties["outcome"] = random.choice(TEXTS)
    if random.random() < 0.5:
        properties["duration_s"] = random.choice([0, 5, 0.5, True, "5", None])
    return Activity(
        lead=lead,
        kind=KINDS_BY_NAME[random.choice(["page_view", "email_opened", "form_submitted"])].code,
        object=random.choice([None, *objects]),
        occurred_at=at,
        received_at=at + timedelta(seconds=random.choice([0, 0, 0, 1, 86_400, -60])),
        recorded_at=NOW,
        source="set",
        external_id=str(random.getrandbits(62)),
        is_bot=random.random() < 0.15,
        properties=properties,
    )


def plain(stored):
    """Return an activity as rules see it, for the oracle."""
    about = stored.object
    return rules.Activity(
        id=stored.pk,
        kind=stored.registered.name,
        occurred_at=stored.occurred_at,
        received_at=stored.received_at,
        object_id=stored.object_id,
        object_text=about.key if about else None,
        tags=frozenset(about.tags) if about else frozenset(),
        properties=stored.properties | ({"object_kind": about.kind} if about else {}),
        is_bot=stored.is_bot,
    )


def plain_facts(rows, at):
    """Return the facts known at ``at``: of equal instants, what was written last."""
    known = [(since, place) for place, (since, _) in enumerate(rows) if since <= at]
    return rows[max(known)[1]][1] if known else {}


RULES = [
    ("seen", "visits", {"type": "behaviour", "kinds": ["page_view"], "counts": "each",
     "where": {"field": "object_tags", "op": "has", "value": "pricing"},
     "points": "10", "signal": "high_intent", "within_days": 5}),
    ("mailed", "visits", {"type": "behaviour", "kinds": ["email_opened"], "counts": "each",
     "where": None, "points": "7.5", "decay": {"percent": "10", "every_days": 2}}),
    ("long", "visits", {"type": "behaviour", "kinds": ["form_submitted"], "points": "1",
     "where": {"field": "duration_s", "op": "gte", "value": 5}, "counts": "once_per_object"}),
    ("silent", "visits", {"type": "silence", "kinds": ["email_opened"], "days": 3,
     "points": "-2"}),
    ("titled", "fit", {"type": "attribute", "points": "5",
     "when": {"field": "title", "op": "contains_word", "value": "vp"}}),
    ("large", "fit", {"type": "attribute", "points": "3",
     "when": {"field": "company_size", "op": "gte", "value": 50}}),
]  # fmt: skip


def sign_rules(*, at, points=None, ready=20):
    """Sign a definition over what ``write_leads`` writes, in force from ``at``."""
    marketing, sales = make_user(role="marketing_lead"), make_user(role="sales_lead")
    agreement, _ = Agreement.objects.get_or_create(
        slug="definition", defaults={"kind": "definition", "name": "Set", "created_at": at}
    )
    group = {"combine": "sum", "floor": None, "cap": "60"}
    bodies = [
        ("group", "visits", {"name": "Visits", "dimension": "engagement", **group}),
        ("group", "fit", {"name": "Fit", "dimension": "fit", **group}),
        *(
            ("rule", key, {"name": key, "group": group, **body} | (points or {}).get(key, {}))
            for key, group, body in RULES
        ),
        ("gate", "mql", {"when": {"total_at_least": ready - 10}}),
        ("gate", "sales_ready", {"when": {"total_at_least": ready}}),
        ("grade", "grade", {"fit": {"A": 8, "B": 3}, "engagement": {"1": 20, "2": 5}}),
    ]
    clauses = [
        {"kind": kind, "key": key, "position": n, "body": body, "rationale": ""}
        for n, (kind, key, body) in enumerate(bodies)
    ]
    draft = start_draft(agreement=agreement, by=marketing, at=at, clauses=clauses)
    version = propose(version=draft, by=marketing, at=at)
    for signer in (marketing, sales):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version
