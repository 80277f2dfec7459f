"""The narrow table of decided handoffs says what the five tables say, whatever happened to them."""

import json
import random
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection

from leads.database.models import Opportunity
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import accept, withdraw
from leads.handoffs.holding import take_hold
from leads.handoffs.models import Handoff
from portal.core import mirrors
from portal.core.mirrors import BY_HAND, FAST, FROZEN, GRADES, LIVE, QUICK, TIMED, UNKNOWN, WON
from scoring.engine.models import Evidence
from scoring.feedback.decided import COLUMNS, read_decided
from scoring.feedback.filters import RejectionFilter
from scoring.feedback.looking import decided_for
from scoring.feedback.models import DecidedHandoff
from tests.factories import make_handoff, make_source, make_team, make_user

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def expected(one):
    """What stands for one disposition, from the objects themselves."""
    handoff, evidence = one.handoff, Evidence.objects.filter(handoff=one.handoff).first()
    won = Opportunity.objects.filter(handoff=handoff, outcome="won").exists()
    timed = one.opened_at is not None and one.decided_at >= one.opened_at
    flags = {
        BY_HAND: handoff.cause in {"by_hand", "appeal"}, FAST: handoff.cause == "fast_track",
        WON: won, TIMED: timed, QUICK: timed and one.decided_at - one.opened_at < 3 * SECOND,
        LIVE: handoff.origin == "live", FROZEN: evidence is not None and evidence.kind == "frozen",
    }  # fmt: skip
    scored = {"version": UNKNOWN, "fired": UNKNOWN, "needed": UNKNOWN, "total": UNKNOWN,
              "grade": UNKNOWN}  # fmt: skip
    if evidence is not None:
        scored = {
            "version": evidence.version_id, "fired": evidence.fired, "total": evidence.total,
            "needed": UNKNOWN if evidence.needed is None else evidence.needed,
            "grade": GRADES.index(evidence.grade) if evidence.grade else UNKNOWN,
        }  # fmt: skip
    return scored | {
        "handoff": handoff.pk,
        "decided": UNKNOWN if one.decided_at is None else int(one.decided_at.timestamp()),
        "reason": one.reason_id or "", "source": handoff.source_id or UNKNOWN,
        "sdr": one.decided_by_id or UNKNOWN,
        "flags": sum(flag for flag, is_set in flags.items() if is_set),
    }  # fmt: skip


def check():
    found = read_decided(DecidedHandoff.objects.all())
    said = [
        {name: int(getattr(found, name)[n]) for name in COLUMNS}
        | {"reason": found.reasons[found.reason[n] - 1] if found.reason[n] else ""}
        for n in range(len(found))
    ]
    wanted = [expected(one) for one in Disposition.objects.standing().select_related("handoff")]
    assert sorted(said, key=_handoff) == sorted(wanted, key=_handoff)
    named = dict(DecidedHandoff.objects.exclude(named="").values_list("disposition", "named"))
    asked = Disposition.objects.standing().filter(wrong_rules__isnull=False)
    assert {pk: json.loads(text) for pk, text in named.items()} == dict(
        asked.values_list("pk", "wrong_rules")
    )
    return found


def _handoff(row):
    return row["handoff"]


def past(chance, decided, now, people):
    """Make one handoff of a random past."""
    rules = chance.sample(["case_study", "demo_request", "pricing_page"], chance.randrange(4))
    cause = chance.choice(["sales_ready", "fast_track", "by_hand"])
    return decided(
        rules, reason=chance.choice(["", "", "no_budget", "duplicate", "content_only"]),
        source=chance.choice(["Webinar", "Paid search", "Events"]), by=chance.choice(people),
        at=now - timedelta(days=chance.randrange(200), seconds=chance.randrange(86_400)),
        kind=chance.choice(["frozen", "frozen", "reconstructed"]), total=chance.randrange(-9, 140),
        grade=chance.choice([*GRADES, ""]), needs=chance.choice([None, (), rules]),
        wrong=chance.choice([None, None, [], rules]), won=chance.random() < 0.2, cause=cause,
        words="They called." if cause == "by_hand" else "",
    )  # fmt: skip


def later(chance, handoff, now, people):
    """Let one random thing happen to a handoff after it was decided."""
    rows = Disposition.objects.filter(handoff=handoff)
    one = rows.standing().first()
    acts = (
        lambda: rows.update(withdrawn_at=now),
        lambda: rows.update(opened_at=one.decided_at - chance.randrange(6) * SECOND),
        lambda: rows.update(reason="no_fit", outcome="rejected"),
        lambda: Handoff.objects.filter(pk=handoff.pk).update(source=make_source("Partners")),
        lambda: Handoff.objects.filter(pk=handoff.pk).update(owner=chance.choice(people)),
        lambda: Handoff.objects.filter(pk=handoff.pk).update(cause="fast_track"),
        lambda: Opportunity.objects.filter(handoff=handoff).update(outcome="lost"),
        lambda: Opportunity.objects.filter(handoff=handoff).delete(),
        lambda: rows.update(wrong_rules=["case_study"]),
        lambda: None,
    )
    chance.choice(acts)()


def test_it_says_what_the_tables_say_after_anything_that_may_happen(decided, now, version):
    Reason.objects.update_or_create(
        code="no_fit", defaults={"label": "No fit", "effect": "recycle", "blames": "fit"}
    )
    chance = random.Random(7)  # noqa: S311 - a past, not a secret
    people = [make_user(role="sdr") for _ in range(3)]
    made = [past(chance, decided, now, people) for _ in range(60)]
    assert len(check()) == 60
    for handoff in made:
        later(chance, handoff, now, people)
    taken_back = Disposition.objects.exclude(withdrawn_at=None).count()
    assert taken_back
    assert len(check()) == 60 - taken_back
    again = Disposition.objects.exclude(withdrawn_at=None).first()
    Disposition.objects.create(
        handoff=again.handoff, origin="live", outcome="accepted", decided_by=people[0],
        decided_at=now,
    )  # fmt: skip
    bare = make_handoff(origin="imported", cause="imported", is_decided=True)  # date unknown
    Disposition.objects.create(handoff=bare, origin="imported", outcome="accepted")
    assert len(check()) == 62 - taken_back
    Evidence.objects.create(
        handoff=bare, kind="reconstructed", version=version, as_of=now, fit=0, engagement=0,
        total=7, grade="B2", gates=0, fired=5, document={},
    )  # fmt: skip
    check()
    assert mirrors.mend() == 0


def test_what_two_transactions_left_wrong_is_put_right_and_only_that(decided, now):
    rows = [decided(["case_study"], reason="no_budget") for _ in range(4)]
    DecidedHandoff.objects.filter(handoff=rows[0]).update(fired=0)
    DecidedHandoff.objects.filter(handoff=rows[1]).delete()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER decided_by_disposition_changed{_of('leads_disposition')}")
    Disposition.objects.filter(handoff=rows[2]).update(withdrawn_at=now)
    assert DecidedHandoff.objects.filter(handoff=rows[2]).exists()
    assert mirrors.mend() == 3
    assert len(check()) == 3
    assert mirrors.mend() == 0


def _of(table):
    return f" ON {table}" if connection.vendor == "postgresql" else ""


@pytest.mark.parametrize("role", ["marketing", "sales_lead"])
def test_the_filters_choose_the_same_handoffs_to_count_as_to_list(decided, now, version, role):
    chance = random.Random(11)  # noqa: S311
    mine, other = make_team(), make_team()
    people = [make_user(role="sdr", team=team) for team in (mine, other)]
    for _ in range(40):
        handoff = past(chance, decided, now, people)
        Handoff.objects.filter(pk=handoff.pk).update(team=chance.choice([mine, other, None]))
    Disposition.objects.filter(handoff=handoff).update(decided_at=None, origin="imported")
    user = make_user(role=role, team=mine)
    seen = set()
    for given in (
        {}, {"since": "1999-01-01"}, {"until": "2999-01-01"}, {"since": "no day"},
        {"since": f"{now - timedelta(days=90):%Y-%m-%d}", "until": f"{now:%Y-%m-%d}"},
        {"since": "1999-01-01", "evidence": "reconstructed"}, {"source": make_source("Events").pk},
        {"since": "1999-01-01", "sdr": people[0].pk}, {"version": version.pk},
        {"since": "1999-01-01", "segment": version.agreement_id}, {"evidence": "neither"},
    ):  # fmt: skip
        chosen = RejectionFilter(given, queryset=decided_for(user))
        counted = chosen.counted & DecidedHandoff.objects.visible_to(user)
        ids = set(counted.values_list("disposition", flat=True))
        assert ids == set(chosen.qs.values_list("pk", flat=True)), given
        assert np.array_equal(np.sort(read_decided(counted).handoff), np.sort(_handoffs(chosen)))
        seen.add(len(ids))
    assert len(seen) > 4


def _handoffs(chosen):
    return np.array(list(chosen.qs.values_list("handoff", flat=True)), dtype=np.int64)


def test_how_long_it_was_open_is_kept_with_the_decision_and_goes_with_it(now, version):
    team = make_team(is_default=True)
    sofia = make_user(role="sdr", team=team)
    waits = [make_handoff(team=team, owner=sofia, at=now) for _ in range(3)]
    for handoff, seconds in zip(waits, (2, 3, None), strict=True):
        opened = now + timedelta(minutes=5)
        if seconds is not None:
            assert take_hold(handoff_id=handoff.pk, by=sofia, at=opened)
        accept(handoff=handoff, by=sofia, at=opened + (seconds or 0) * SECOND)
    found = check()
    assert (int(found.has(TIMED).sum()), int(found.has(QUICK).sum())) == (2, 1)
    withdraw(
        disposition=waits[0].dispositions.get(), by=sofia, at=now + timedelta(minutes=5, seconds=4)
    )
    assert len(check()) == 2
