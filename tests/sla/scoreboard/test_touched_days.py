"""Which changes mark a day to be counted anew, and what packing it leaves."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leads.activities.models import Activity
from leads.database.models import FactSnapshot, Lead
from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from portal.accounts.models import Role
from sla.clocks.models import Clock
from sla.scoreboard import packing
from sla.scoreboard.columns import CLOCKS, FORM, joined, pack, table, unpack
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.packing import pack_day, pack_days
from sla.scoreboard.period import Period, read_period
from tests.factories import (
    make_activity,
    make_facts,
    make_handoff,
    make_lead,
    make_team,
    make_terms,
    make_user,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def stopped():
    """A handoff whose first touch is made and whose disposition runs, on a day without marks."""
    version = make_terms(at=MADE - timedelta(days=9))
    handoff = make_handoff(at=MADE)
    for kind, stamp in (("first_touch", MADE + timedelta(hours=1)), ("disposition", None)):
        Clock.objects.create(
            handoff=handoff, kind=kind, promise=kind, version=version, calendar="always", amount=1,
            warn_amount=1, started_at=MADE, moved_at=MADE, due_at=MADE + timedelta(days=1),
            warn_at=MADE, stamped_at=stamp,
        )  # fmt: skip
    TouchedDay.objects.all().delete()
    return handoff


@pytest.mark.parametrize(
    ("kind", "change", "marks"),
    [
        ("first_touch", {"stamped_at": MADE}, True),
        ("first_touch", {"stamped_at": None}, True),
        ("first_touch", {"is_excused": True}, True),
        ("first_touch", {"worked": 5}, True),
        ("first_touch", {"is_breached": True}, False),
        ("disposition", {"due_at": MADE + timedelta(days=2)}, False),  # it still runs
        ("disposition", {"is_warned": True}, False),
        ("disposition", {"paused_at": MADE}, False),
        ("disposition", {"ended_at": MADE + timedelta(days=1)}, True),
    ],
)
def test_only_what_the_board_counts_of_a_stopped_clock_marks_its_day(
    stopped, kind, change, marks
) -> None:
    Clock.objects.filter(handoff=stopped, kind=kind).update(**change)
    assert list(TouchedDay.objects.values_list("day", flat=True)) == [DAY] * marks


def test_handoffs_and_dispositions_mark_the_day_they_count_on(stopped) -> None:
    def marked() -> bool:
        found = set(TouchedDay.objects.values_list("day", flat=True))
        TouchedDay.objects.all().delete()
        assert found <= {DAY}
        return bool(found)

    rows = Handoff.objects.filter(pk=stopped.pk)
    rows.update(rank=5, words="nothing that is counted")
    assert not marked()
    rows.update(team=make_team())
    assert marked()
    said = Disposition.objects.create(
        handoff=stopped, origin="live", outcome="accepted", decided_by=make_user(),
        decided_at=MADE + timedelta(hours=2),
    )  # fmt: skip
    assert marked()
    Disposition.objects.filter(pk=said.pk).update(note="words")
    assert not marked()
    Disposition.objects.filter(pk=said.pk).update(withdrawn_at=MADE + timedelta(hours=3))
    assert marked()
    said.delete()
    assert marked()
    rows.delete()
    assert marked()


def test_what_is_told_late_marks_the_day_of_the_handoff_it_belongs_before(stopped) -> None:
    lead, other, later = stopped.lead, make_lead(at=MADE), MADE + timedelta(hours=1)
    TouchedDay.objects.all().delete()

    def marks() -> bool:
        found = set(TouchedDay.objects.values_list("day", "handoff"))
        TouchedDay.objects.all().delete()
        assert found <= {(DAY, stopped.pk)}
        return bool(found)

    make_facts(lead, at=later, country="France")
    touch = make_activity(lead, kind="call_outbound", at=later)
    make_activity(other, at=MADE)
    assert not marks(), "after the handoff, or of somebody else"
    early = make_activity(lead, at=MADE)
    assert marks()
    make_facts(lead, at=MADE - timedelta(days=1), country="Germany")
    assert marks()
    Activity.objects.filter(pk=early.pk).update(is_bot=True)
    assert marks()
    for rows in (Activity.objects.filter(pk=early.pk), FactSnapshot.objects.filter(lead=lead)):
        rows.update(lead=other)
        assert marks(), "a merge"
    FactSnapshot.objects.filter(lead=other).update(lead=lead)
    assert marks()
    FactSnapshot.objects.filter(lead=lead).delete()
    assert marks()
    Lead.objects.filter(pk=lead.pk).update(name="Another name")
    assert not marks()
    Lead.objects.filter(pk=lead.pk).update(name="")
    assert marks()
    Disposition.objects.create(handoff=stopped, origin="live", outcome="accepted",
                               decided_by=make_user(), decided_at=later)  # fmt: skip
    TouchedDay.objects.all().delete()
    Activity.objects.filter(pk=touch.pk).update(is_bot=True)
    assert marks(), "an attempt before the decision"
    make_activity(lead, kind="call_outbound", at=later + timedelta(seconds=1))
    assert not marks()
    Disposition.objects.update(decided_at=later + timedelta(hours=1))
    assert marks()


def test_packing_twice_ends_the_same_and_another_form_is_packed_anew(stopped) -> None:
    pack_day(DAY, at=MADE, seen=None)
    first = PackedDay.objects.get()
    pack_day(DAY, at=MADE, seen=None)
    again = PackedDay.objects.get()
    assert (bytes(again.clocks), bytes(again.handoffs)) == (
        bytes(first.clocks), bytes(first.handoffs)
    )  # fmt: skip
    assert len(unpack(CLOCKS, bytes(again.clocks))) == 1, "what runs is not packed"
    assert pack_days(at=MADE) == 0
    PackedDay.objects.update(form=FORM + 1, clocks=b"of tomorrow")
    user = make_user(role=Role.ADMIN)
    assert len(read_period(Period(None, None), user=user, at=MADE).clocks) == 2
    assert pack_days(at=MADE) == 1
    assert bytes(PackedDay.objects.get().clocks) == bytes(first.clocks)


def test_a_mark_that_comes_while_a_day_is_packed_stays(stopped, monkeypatch) -> None:
    """Somebody decides between the deletion of the marks and the end of the packing."""
    TouchedDay.objects.create(day=DAY)
    read = packing.read_clocks

    def meanwhile(*args, **values):
        Clock.objects.filter(kind="disposition").update(ended_at=MADE)
        return read(*args, **values)

    monkeypatch.setattr(packing, "read_clocks", meanwhile)
    pack_day(DAY, at=MADE, seen=None)
    assert TouchedDay.objects.filter(day=DAY).exists()


def test_tables_put_together_keep_each_rows_word() -> None:
    def one(*promises):
        return table(CLOCKS, [(n, 5, 0, 0, 0, word, 1, -1, -1, 0, 0)
                              for n, word in enumerate(promises)])  # fmt: skip

    a, b, c = ("first_touch", "a", 1), ("disposition", "b", 1), ("first_touch", "c", 2)
    parts = [unpack(CLOCKS, pack(CLOCKS, part)) for part in (one(a, b), one(), one(c, a, b))]
    whole = joined(CLOCKS, parts)
    assert [whole.words[code] for code in whole["promise"]] == [a, b, c, a, b]
    assert len(joined(CLOCKS, [])) == 0
