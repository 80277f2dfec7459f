"""Visitors and hours of sales over the API; what changed among versions and alerts."""

from datetime import UTC, datetime, timedelta

from leads.database.models import SalesTime, VisitorCount
from portal.accounts.models import Role
from portal.agreements.models import Version
from portal.agreements.services import propose, save_clause, sign, start_draft
from portal.events.models import Event
from portal.watches.models import Alert
from portal.watches.services import snooze
from tests.factories import make_source, make_user
from tests.portal.api.conftest import key_for

DAY = timedelta(days=1)


def results(caller, address):
    answer = caller.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_visitors_and_sales_time_are_sent_read_and_sent_again(caller):
    make_source("Paid search")
    sent = [
        {"month": "2026-03", "source": "paid search", "visitors": 1200},
        {"month": "2026-03", "visitors": 4000},
    ]
    for _twice in range(2):
        assert caller.post("visitors/", sent).json() == {"kept": 2}
    assert caller.post("visitors/", [sent[0] | {"visitors": 7}]).json() == {"kept": 1}
    listed = results(caller, "visitors/")
    assert sorted((one["month"], one["source"] or "", one["visitors"]) for one in listed) == [
        ("2026-03", "", 4000), ("2026-03", "Paid search", 7),
    ]  # fmt: skip
    assert caller.post("sales-time/", [{"month": "2026-02", "hours": "320", "rate": "58.50"}])
    (one,) = results(caller, "sales-time/")
    assert (one["month"], one["hours"], one["rate"]) == ("2026-02", "320.00", "58.50")
    assert Event.objects.filter(kind="figures.entered").count() == 4


def test_what_cannot_be_read_is_refused_whole_and_who_may_not_is_told(caller, db):
    make_source("Paid search")
    good = {"month": "2026-03", "source": "Paid search", "visitors": 1}
    for wrong in (
        [], good, [good, good | {"source": "Nobody"}], [good, good | {"month": "2026-13"}],
        [good | {"visitors": -1}], [good | {"visiters": 1}], [good | {"month": "0001-01"}],
    ):  # fmt: skip
        assert caller.post("visitors/", wrong).status_code == 422, wrong
    assert (
        caller.post("sales-time/", [{"month": "2026-03", "hours": 1e9, "rate": 1}]).status_code
        == 422
    )
    assert not VisitorCount.objects.exists()
    assert not SalesTime.objects.exists()
    assert key_for(make_user(role=Role.SALES_LEAD)).get("visitors/").status_code == 404
    leader = key_for(make_user(role=Role.LEADERSHIP))
    assert leader.get("sales-time/").status_code == 200
    assert leader.post("visitors/", [good]).status_code == 403


def ids(caller, since, **given):
    more = "".join(f"&{name}={value}" for name, value in given.items())
    found = results(caller, f"versions/?updated_since={since:%Y-%m-%dT%H:%M:%SZ}{more}")
    return [one["number"] for one in found]


def test_versions_are_told_when_edited_signed_or_come_into_force(caller, ready):
    first = Version.objects.get(number=1, agreement__slug="definition")
    at = datetime(2026, 2, 1, 9, tzinfo=UTC)
    by = make_user(role=Role.MARKETING_LEAD)
    draft = start_draft(agreement=first.agreement, by=by, at=at, based_on=first)
    assert ids(caller, at) == [2]
    assert ids(caller, at + DAY) == []
    assert sorted(ids(caller, at - 60 * DAY)) == [1, 2]
    rule = draft.clauses.get(key="blog_subscription")
    save_clause(
        version=draft, key=rule.key, kind=rule.kind, body=rule.body | {"points": "7"},
        rationale="", revision=rule.revision, position=rule.position, by=by, at=at + DAY,
    )  # fmt: skip
    assert ids(caller, at + DAY) == [2]
    signed = propose(version=draft, by=by, at=at + DAY)
    assert ids(caller, at + DAY, is_signed="false") == [2]
    for signer in (by, make_user(role=Role.SALES_LEAD)):
        sign(version=signed, sha256=signed.sha256, by=signer, at=at + 2 * DAY)
    assert ids(caller, at + 2 * DAY) == [2]
    assert ids(caller, at + 3 * DAY) == []
    answer = caller.get("versions/?updated_since=2026-01-01T00:00:00Z").json()
    assert answer["next_updated_since"] > "2026-01-01"


def test_alerts_are_told_when_seen_closed_or_put_off(caller, db):
    at = datetime.now(UTC).replace(microsecond=0) - 20 * DAY
    old = Alert.objects.create(watch="given_up", subject="source:1", opened_at=at,
                               seen_at=at + DAY)  # fmt: skip
    Alert.objects.create(watch="given_up", subject="rule:x", opened_at=at, seen_at=at,
                         closed_at=at + 3 * DAY)  # fmt: skip

    def told(since):
        found = results(caller, f"alerts/?updated_since={since:%Y-%m-%dT%H:%M:%SZ}")
        return sorted(one["subject"] for one in found)

    assert told(at) == ["rule:x", "source:1"]
    assert told(at + 2 * DAY) == ["rule:x"]
    assert told(at + 4 * DAY) == []
    snooze(alert=old, until=at + 10 * DAY, words="A fair.", by=make_user(role=Role.ADMIN),
           at=at + 5 * DAY)  # fmt: skip
    assert told(at + 4 * DAY) == ["source:1"]
    assert told(at + 10 * DAY) == ["source:1"], "it waits again"
    assert told(at + 11 * DAY) == []
