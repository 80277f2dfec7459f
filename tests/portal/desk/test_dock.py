"""The dock: what each choice does is said before, what it needs is asked for, nothing is lost."""

from datetime import timedelta
from html import unescape
from http import HTTPStatus

import pytest
from django.core import mail
from django.urls import reverse

from leads.activities.models import Activity
from leads.database.models import Note
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import accept, log_touch, reject
from leads.handoffs.models import Handoff
from portal.desk.stops import stop_line
from portal.events.delivery import deliver_pending
from portal.events.models import Delivery
from portal.lifecycle import UNDO
from portal.notifications.models import Notification
from sla.clocks.models import Clock
from sla.clocks.services import sync_clocks
from sla.clocks.shown import clocks_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def handoff(scene, sofia) -> Handoff:
    return scene.handoff(sofia, name="Marta Lind")


def url(name: str, handoff: Handoff) -> str:
    return reverse(f"desk-{name}", args=[handoff.public_id])


def effects(client, handoff: Handoff, code: str) -> list[str]:
    dock = client.get(handoff.get_absolute_url()).context["dock"]
    (one,) = [one for one in dock.reasons if one.reason.code == code]
    return [str(line).replace("\N{NO-BREAK SPACE}", " ") for line in one.effects]


def test_a_rejection_says_what_it_does_in_the_order_in_which_it_matters(client, handoff) -> None:
    recycle, stop, tell = effects(client, handoff, "just_exploring")
    assert recycle.startswith("Recycle Marta Lind until ")
    assert recycle.endswith(", then back on new high intent")
    assert stop.startswith("Stop both clocks, the decision ")
    assert stop.endswith(" early; no touch was logged")
    assert tell == "Tell Priya in marketing, after ten seconds"


def stops(handoff: Handoff, at) -> list[str]:
    sync_clocks([handoff.pk], at=at)
    lines = stop_line(clocks_for([handoff.pk], at=at).get(handoff.pk, []))
    return [str(line).replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def test_what_becomes_of_the_clocks_is_true(scene, handoff) -> None:
    late = stops(handoff, scene.at + timedelta(days=9))
    assert late[0].endswith(" late; the first touch stays broken")
    Clock.objects.filter(handoff=handoff).update(touch_policy="breached")
    assert stops(handoff, scene.at)[0].endswith("without a touch, that promise breaks")
    log_touch(lead=handoff.lead, handoff=handoff, kind="call_outbound", outcome="reached",
              note="", by=scene.sofia, at=scene.at)  # fmt: skip
    assert stops(handoff, scene.at)[0].startswith("Stop the clock, 2")
    assert stop_line([]) == []


def test_who_gets_the_lead_is_said_as_chosen(scene, client, handoff) -> None:
    dock = client.get(handoff.get_absolute_url()).context["dock"]
    passing = dock.acceptance[1]
    assert str(passing) == "Pass Marta Lind to whoever is chosen above"
    assert (passing.follows, str(passing.choosing("Lena"))) == ("owner", "Pass Marta Lind to Lena")
    scene.jan.is_active = False
    scene.jan.save()
    dock = client.get(handoff.get_absolute_url()).context["dock"]
    assert str(dock.acceptance[1]) == "Pass Marta Lind to Lena"


def test_a_date_that_was_typed_stands_in_the_sentence(client, handoff) -> None:
    data = {"reason": "bad_timing", "recycle_on": "2001-03-03"}
    dock = client.post(url("reject", handoff), data).context["dock"]
    (bad_timing,) = [one for one in dock.reasons if one.reason.code == "bad_timing"]
    assert "until 3 March 2001" in str(bad_timing.effects[0])


def attempts(page) -> str:
    return next(one.attempts.words for one in page.context["dock"].reasons if one.attempts)


def test_attempts_are_counted_and_logged_from_the_rejection(scene, client, handoff, sofia) -> None:
    needed = Reason.objects.get(pk="unresponsive").needs_attempts
    assert needed == 2
    page = client.get(handoff.get_absolute_url())
    assert attempts(page) == "0 of 2 attempts logged"
    for n in (1, 2):
        data = {"token": f"press-{n}", "quick": "call_outbound no_answer", "note": "Three times"}
        data |= {"reason": "unresponsive", "wrong_rules": ["pricing_page"]}
        for _ in range(2):  # sent twice, logged once
            page = client.post(url("touch", handoff), data)
        text = page.content.decode()
        assert page.status_code == HTTPStatus.OK
        assert 'value="unresponsive" checked' in text
        assert "Three times</textarea>" in text
        assert 'value="pricing_page" checked' in text
    assert attempts(page) == "2 attempts logged, 2 needed"
    assert Activity.objects.filter(lead=handoff.lead, actor=sofia).count() == 2
    assert not Note.objects.exists()  # the rejection's words are not the touch's
    done = client.post(url("reject", handoff), {"reason": "unresponsive"})
    assert done.status_code == HTTPStatus.FOUND


def test_an_attempt_of_no_kind_is_refused_and_nothing_is_lost(client, handoff) -> None:
    data = {"quick": "pigeon sent", "reason": "unresponsive", "note": "My words"}
    answer = client.post(url("touch", handoff), data)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "My words</textarea>" in answer.content.decode()
    assert not Activity.objects.filter(lead=handoff.lead, actor__isnull=False).exists()


def test_who_is_too_late_keeps_all_that_was_chosen_and_written(scene, client, sofia) -> None:
    handoff = scene.handoff(None)
    reject(handoff=handoff, reason=Reason.objects.get(pk="spam"), by=scene.anna, at=scene.at)
    answer = client.post(
        url("reject", handoff),
        {
            "reason": "bad_timing",
            "recycle_on": "2030-03-03",
            "note": "Two lines\nof words",
            "sheet_revision": 0,
            "pain": "Retyped orders",
        },
    )
    assert answer.status_code == HTTPStatus.CONFLICT
    text = unescape(answer.content.decode())
    assert "Anna rejected this" in text
    assert ": spam or test." in text
    assert answer.context["kept"] == (
        "Reason: Bad timing\nCome back on: 3 March 2030\n"
        "Words: Two lines\nof words\nPain: Retyped orders"
    )
    assert answer.context["kept"] in text
    answer = client.post(url("accept", handoff), {"owner": scene.lena.pk})
    assert answer.context["kept"] == "Goes to: Lena"


def test_odd_values_are_kept_as_they_are(scene, client, sofia) -> None:
    handoff = scene.handoff(None)
    reject(handoff=handoff, reason=Reason.objects.get(pk="spam"), by=scene.anna, at=scene.at)
    data = {"owner": "x" * 30, "recycle_on": "soon", "reason": "nothing", "duplicate_of": "marta@"}
    answer = client.post(url("reject", handoff), data)
    assert answer.context["kept"] == "Come back on: soon\nThe lead that stays: marta@"


def test_recent_decisions_say_who_what_and_when(scene, client, sofia) -> None:
    first, second = scene.handoff(sofia, name="Marta Lind"), scene.handoff(scene.anna, name="Bo Ek")
    accept(handoff=first, by=sofia, at=scene.at, owner=scene.lena)
    reason = Reason.objects.get(pk="bad_timing")
    day = (scene.at + timedelta(days=200)).date()
    reject(handoff=second, by=scene.anna, reason=reason, recycle_on=day, at=scene.at)
    text = client.get(reverse("desk")).content.decode()
    assert "accepted for Lena" in text
    assert "Bo Ek" not in text  # a colleague's
    client.force_login(scene.tom)
    page = client.get(reverse("desk"))
    text = page.content.decode()
    assert f"rejected, bad timing, until {day:%-d %b %Y}" in text
    assert "by Anna" in text
    assert page.context["own_last"] is None
    assert "Undo the last decision" not in text  # one key takes back no colleague's


def test_a_sales_lead_takes_back_what_their_team_decided(scene, client) -> None:
    handoff = scene.handoff(scene.anna)
    decision = accept(handoff=handoff, by=scene.anna, at=scene.at)
    client.force_login(scene.tom)
    assert client.get(reverse("desk")).context["undo"] is None
    client.post(reverse("desk-undo", args=[decision.pk]))
    assert not Disposition.objects.standing().exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_leaves_the_house_before_the_undo_window_has_closed(scene) -> None:
    accepted, rejected = scene.handoff(scene.sofia), scene.handoff(scene.sofia)
    mail.outbox.clear()
    Notification.objects.all().delete()
    accept(handoff=accepted, by=scene.sofia, at=scene.at, owner=scene.lena)
    reject(handoff=rejected, by=scene.sofia, reason=Reason.objects.get(pk="spam"), at=scene.at)
    deliver_pending(at=scene.at + UNDO - timedelta(seconds=1))
    assert mail.outbox == []
    assert not Notification.objects.filter(user=scene.priya).exists()
    waiting = Delivery.objects.filter(not_before__gt=scene.at).values_list("handler", flat=True)
    assert "leads.dispositions.handlers.tell_marketing" in set(waiting)
    deliver_pending(at=scene.at + UNDO)
    assert Notification.objects.filter(user=scene.priya).count() == 1
