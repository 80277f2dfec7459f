"""What each watch sees, and what it leaves alone."""

import json
from datetime import timedelta

import pytest

from leads.database.models import Lead, Stage, StageChange
from leads.database.watching import MQL_TO_SQL
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.watching import SOURCE_REJECTED
from leads.handoffs.models import Handoff
from portal.agreements.cadence import schedule
from portal.agreements.cadence_models import Review
from portal.agreements.services import propose, save_clause, sign, start_draft
from portal.agreements.watching import REVIEW_OVERDUE
from portal.core.control import p_chart
from portal.core.sightings import Limits
from portal.home.pressure import GATE_LOWERED
from sla.breaches.services import find_breaches
from sla.breaches.watching import UNTOUCHED
from sla.terms.defaults import default_clauses
from tests.factories import (
    make_definition,
    make_handoff,
    make_lead,
    make_source,
    make_terms,
    make_user,
    set_stage,
)
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def decide(source, outcomes: str, *, now, reason: str = "no_budget") -> None:
    """Decide one handoff of the source for each letter, oldest first: r rejected, a accepted."""
    sdr, lead = make_user(), make_lead()
    given = [
        (now - (len(outcomes) - place) * HOUR, "rejected" if letter == "r" else "accepted")
        for place, letter in enumerate(outcomes)
    ]
    handoffs = Handoff.objects.bulk_create(
        Handoff(lead=lead, origin="live", cause="sales_ready", made_at=at, source=source,
                is_decided=True, decided_at=at, outcome=outcome)
        for at, outcome in given
    )  # fmt: skip
    why = Reason.objects.get(code=reason)
    Disposition.objects.bulk_create(
        Disposition(handoff=one, origin="live", outcome=one.outcome, decided_by=sdr,
                    decided_at=one.decided_at, reason=why if one.outcome == "rejected" else None)
        for one in handoffs
    )  # fmt: skip


def test_seven_of_the_last_ten_of_a_source(now, django_assert_num_queries) -> None:
    bad, fair, young = make_source("Bad"), make_source("Fair"), make_source("Young")
    decide(bad, "aaaaarrrraarrar", now=now)  # the last ten: seven rejected
    decide(fair, "rrrrrraaarrraar", now=now)  # six of the last ten
    decide(young, "rrrrrrrrr", now=now)  # nine in all
    with django_assert_num_queries(2):
        (seen,) = SOURCE_REJECTED.find(now, SOURCE_REJECTED.default)
    assert seen.subject == f"source:{bad.pk}"
    assert (seen.figures["rejected"], seen.figures["n"]) == (7, 10)
    assert "of the last 10 leads from Bad" in SOURCE_REJECTED.says(seen.figures)
    assert SOURCE_REJECTED.behind(seen.figures).get().handoffs.count() == 15
    assert f"source={bad.pk}" in SOURCE_REJECTED.url(seen.figures)


def test_what_judges_no_source_today(now) -> None:
    old, doubles = make_source("Old"), make_source("Doubles")
    decide(old, "r" * 10, now=now - 91 * DAY)
    decide(doubles, "r" * 10, now=now, reason="duplicate")
    assert not SOURCE_REJECTED.find(now, SOURCE_REJECTED.default)


def mqls(count: int, accepted: int, *, at, now) -> None:
    """Let so many become MQLs, and the first of them SQLs two days later."""
    leads = Lead.objects.bulk_create(
        Lead(external_source="test", external_id=f"{at.timestamp()}:{n}", recorded_at=at)
        for n in range(count)
    )
    changes = [(one, Stage.MQL, at) for one in leads]
    changes += [(one, Stage.SQL, at + 2 * DAY) for one in leads[:accepted]]
    StageChange.objects.bulk_create(
        StageChange(lead=one, stage=stage, entered_at=since, left_at=since + DAY, cause="test")
        for one, stage, since in changes
    )


def test_mql_to_sql_below_its_floor_and_out_of_its_own_limits(now) -> None:
    for week in range(1, 9):
        mqls(30, 12, at=now - 28 * DAY - week * WEEK - DAY, now=now)
    mqls(40, 2, at=now - 28 * DAY - 3 * DAY, now=now)
    mqls(50, 0, at=now - 5 * DAY, now=now)  # too young to say anything
    floor, limits = MQL_TO_SQL.find(now, MQL_TO_SQL.default)
    assert (floor.subject, limits.subject) == ("floor", "limits")
    assert (floor.figures["reached"], floor.figures["n"]) == (2, 40)
    assert limits.figures["middle"] == pytest.approx(0.4)
    assert limits.figures["lower"] == pytest.approx(0.4 - 3 * (0.24 / 40) ** 0.5)
    assert "2 of 40 MQLs" in MQL_TO_SQL.says(limits.figures)
    assert "n = 240" in MQL_TO_SQL.says(limits.figures)
    assert MQL_TO_SQL.behind(floor.figures).count() == 40
    assert len(MQL_TO_SQL.find(now, Limits(limit=4, of=28))) == 1, "5 % is not below 4"


def test_mql_to_sql_within_its_limits_and_too_few_say_nothing(now) -> None:
    mqls(20, 0, at=now - 31 * DAY, now=now)
    assert not MQL_TO_SQL.find(now, MQL_TO_SQL.default), "20 are too few"
    mqls(20, 8, at=now - 32 * DAY, now=now)
    assert not MQL_TO_SQL.find(now, MQL_TO_SQL.default), "20 % is above the floor, no past yet"


def test_a_late_sql_does_not_count_within_the_days(now) -> None:
    mqls(30, 0, at=now - 31 * DAY, now=now)
    lead = make_lead(at=now - 31 * DAY)
    set_stage(lead, Stage.MQL, at=now - 31 * DAY)
    set_stage(lead, Stage.SQL, at=now - 2 * DAY)  # 29 days later
    (floor,) = MQL_TO_SQL.find(now, MQL_TO_SQL.default)
    assert (floor.figures["reached"], floor.figures["n"]) == (0, 31)


def test_the_p_chart_is_the_textbooks() -> None:
    # NIST/SEMATECH e-Handbook 6.3.3.2: 30 wafers of 50 chips, mean fraction 0.2313
    found = p_chart([(347, 1500), (0, 0)], 50)
    assert found is None, "two groups are no past"
    found = p_chart([(12, 50), (15, 50), (8, 50), (10, 50), (4, 50), (7, 50)], 50)
    assert found is not None
    middle = 56 / 300
    reach = 3 * (middle * (1 - middle) / 50) ** 0.5
    assert (found.middle, found.high) == pytest.approx((middle, middle + reach))
    assert found.low == pytest.approx(max(0, middle - reach))


def test_an_overdue_review(now) -> None:
    make_definition(at=now - 40 * DAY)
    schedule(at=now)
    seen = REVIEW_OVERDUE.find(now, REVIEW_OVERDUE.default)
    review = Review.objects.get(rhythm="check_in")
    assert [one.subject for one in seen] == [f"review:{review.pk}"]
    assert seen[0].figures["days"] == 26
    assert "overdue for 26 days, since 4 February 2026" in REVIEW_OVERDUE.says(seen[0].figures)
    assert not REVIEW_OVERDUE.find(now, Limits(limit=27, of=50))


def test_leads_that_nobody_touches(now) -> None:
    scene = Scene(at=now)
    late = [scene.handoff(scene.sofia) for _ in range(4)]
    at = now + 10 * DAY
    touched = late[0]
    type(touched).objects.filter(pk=touched.pk).update(first_touch_at=now)
    while find_breaches(at=at):
        pass
    (seen,) = UNTOUCHED.find(at, UNTOUCHED.default)
    assert seen.team == scene.team.pk
    assert seen.figures["n"] == 3
    assert "3 leads of Inbound" in UNTOUCHED.says(seen.figures)
    assert set(UNTOUCHED.behind(seen.figures)) == {one.lead for one in late[1:]}
    assert not UNTOUCHED.find(at, Limits(limit=4, of=4))
    assert not UNTOUCHED.find(now, Limits(limit=1, of=4)), "none is due yet"


def lower(first, *, at, total: int):
    """Sign a version whose sales-ready gate asks for less."""
    marketing, sales = make_user(role="marketing_lead"), make_user(role="sales_lead")
    draft = start_draft(agreement=first.agreement, by=marketing, at=at, based_on=first)
    gate = draft.clauses.get(kind="gate", key="sales_ready")
    body = json.loads(json.dumps(gate.body).replace("100", str(total)))
    save_clause(
        version=draft, key=gate.key, kind=gate.kind, body=body, rationale="More.",
        position=gate.position, revision=gate.revision, by=marketing, at=at,
    )  # fmt: skip
    version = propose(version=draft, by=marketing, at=at)
    for signer in (marketing, sales):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version


def test_a_gate_lowered_while_the_numbers_were_short(now) -> None:
    first = make_definition(at=now - 200 * DAY)
    lowered_at = now - 10 * DAY
    for month, count in ((1, 2), (2, 6), (3, 6), (4, 6)):
        for _ in range(count):
            make_handoff(at=lowered_at - month * 30 * DAY + DAY, is_decided=True)
    lower(first, at=lowered_at, total=80)
    (seen,) = GATE_LOWERED.find(now, GATE_LOWERED.default)
    assert (seen.figures["was"], seen.figures["now"]) == (100, 80)
    assert (seen.figures["made"], seen.figures["usual"]) == (2, 6.0)
    assert "from 100 to 80" in GATE_LOWERED.says(seen.figures)
    assert not GATE_LOWERED.find(now, Limits(limit=30, of=31)), "2 of 6 is above 30 per cent"
    assert not GATE_LOWERED.find(now, Limits(limit=90, of=9)), "that is too long ago"


def test_a_gate_lowered_when_fewer_came_than_the_terms_promised(now) -> None:
    first = make_definition(at=now - 200 * DAY)
    lowered_at = now - 10 * DAY  # 20 February, when 19.4 of its 28 days had passed
    for month in (1, 2, 3, 4):
        for n in range(6):
            make_handoff(at=lowered_at - month * 30 * DAY + (20 + n) * DAY, is_decided=True)
    lower(first, at=lowered_at, total=80)
    assert not GATE_LOWERED.find(now, GATE_LOWERED.default), "as many as in other months"
    terms = default_clauses("Europe/Berlin")
    for promised, is_short in ((8, False), (20, True)):
        body = {"name": "Volume", "side": "marketing", "kind": "volume", "at_least": promised}
        clause = {"kind": "promise", "key": "volume", "position": 90, "body": body,
                  "rationale": ""}  # fmt: skip
        make_terms(at=now - (200 - promised) * DAY, clauses=[*terms, clause])
        seen = GATE_LOWERED.find(now, GATE_LOWERED.default)
        assert bool(seen) is is_short
    assert seen[0].figures["promised"] == {"at_least": 13, "made": 6, "month": 20}
    assert "promise 20 a month; 6 had been by then" in GATE_LOWERED.says(seen[0].figures)
