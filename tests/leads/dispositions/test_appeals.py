"""Contesting a rejection, once, and answering it; what follows from a granted appeal."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from leads.database.models import Lead, Stage
from leads.dispositions.appeals import Answered, Contested, answer, contest
from leads.dispositions.errors import Incomplete
from leads.dispositions.models import Appeal, Disposition, Reason
from leads.dispositions.services import accept, reject, withdraw
from leads.handoffs.models import Cause, Handoff
from portal.accounts.models import Role
from portal.core.errors import Conflict, NotAllowed
from portal.events.delivery import deliver_pending
from portal.events.models import Event
from portal.notifications.models import Notification
from scoring.engine.again import hand_over_again as make_second
from scoring.engine.models import Evidence
from scoring.engine.services import hand_over_by_hand
from tests.factories import make_handoff, make_lead, make_team, make_user
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db
WHY = "They opened a second office and asked for prices again."


scene = staged(Scene)


@pytest.fixture
def rejection(scene) -> Disposition:
    return rejected(scene, scene.handoff(scene.sofia, name="Marta Lindqvist"))


def rejected(scene: Scene, handoff: Handoff, code: str = "wrong_industry", **more) -> Disposition:
    reason = Reason.objects.get(code=code)
    return reject(handoff=handoff, reason=reason, by=handoff.owner, at=scene.at, **more)


def deliver(scene: Scene) -> None:
    """Carry out what waits, as a worker does a little later."""
    while deliver_pending(at=scene.at + timedelta(minutes=1)):
        pass


def told(user) -> list[str]:
    rows = Notification.objects.filter(user=user, kind="appeal")
    return list(rows.order_by("pk").values_list("text", flat=True))


def test_a_granted_appeal_hands_the_lead_over_again_with_frozen_evidence(scene, rejection) -> None:
    lead = rejection.handoff.lead
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    given = answer(appeal=made, by=scene.tom, at=scene.at, is_granted=True, words="Call them.")
    assert given.handoff is None  # the handing over follows, in a transaction of its own
    deliver(scene)
    made.refresh_from_db()
    second = made.handoff
    assert second is not None
    assert (second.cause, second.words, second.made_by) == (Cause.APPEAL, WHY, scene.tom)
    assert second.pk != rejection.handoff_id
    assert second.is_open
    assert second.clocks.count() == 2
    assert Evidence.objects.filter(handoff=second, kind=Evidence.Kind.FROZEN).exists()
    lead.refresh_from_db()
    assert lead.stage == Stage.WITH_SALES
    rejection.refresh_from_db()  # the rejection keeps its place
    assert rejection.withdrawn_at is None
    assert Disposition.objects.standing().filter(outcome="rejected").count() == 1


def test_delivering_again_hands_over_once(scene, rejection) -> None:
    from scoring.engine.handlers import hand_over_again  # noqa: PLC0415 - what is repeated

    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    answer(appeal=made, by=scene.tom, at=scene.at, is_granted=True, words="Fair.")
    events = list(Event.objects.filter(kind="appeal.answered"))
    for _ in range(3):
        hand_over_again(events, scene.at)
    assert Handoff.objects.filter(lead=rejection.handoff.lead, cause=Cause.APPEAL).count() == 1
    (second,) = Handoff.objects.open().filter(lead=rejection.handoff.lead)
    rejected(scene, _owned(second, scene))
    hand_over_again(events, scene.at)
    read_before = Appeal.objects.select_related("disposition__handoff__lead").get(pk=made.pk)
    read_before.handoff = None  # as a worker has it that was slow
    assert make_second(read_before, at=scene.at) is None
    assert Handoff.objects.filter(lead=rejection.handoff.lead).count() == 2


def _owned(handoff: Handoff, scene: Scene) -> Handoff:
    Handoff.objects.filter(pk=handoff.pk).update(owner=scene.sofia)
    handoff.refresh_from_db()
    return handoff


def test_upheld_it_changes_nothing_but_says_why(scene, rejection) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    answer(appeal=made, by=scene.tom, at=scene.at, is_granted=False, words="We called twice.")
    deliver(scene)
    made.refresh_from_db()
    assert (made.is_granted, made.answer, made.handoff) == (False, "We called twice.", None)
    assert Lead.objects.get(pk=rejection.handoff.lead_id).stage == Stage.DISQUALIFIED
    assert Handoff.objects.filter(lead=rejection.handoff.lead).count() == 1


def test_what_sales_has_already_is_not_handed_over_twice(scene, rejection) -> None:
    handoff = rejected(scene, scene.handoff(scene.sofia), code="just_exploring").handoff
    made = contest(disposition=handoff.dispositions.get(), by=scene.priya, words=WHY, at=scene.at)
    now = hand_over_by_hand(lead=handoff.lead, words="At the fair", by=scene.priya, at=scene.at)
    given = answer(appeal=made, by=scene.tom, at=scene.at, is_granted=True, words="You are right.")
    assert given.handoff == now
    deliver(scene)
    assert Handoff.objects.filter(lead=handoff.lead).count() == 2
    assert told(scene.priya) == [
        f"Tom granted the appeal for {handoff.lead}: sales has the lead already."
    ]


def test_both_people_and_the_sdr_are_told_once(scene, rejection) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    deliver(scene)
    assert told(scene.tom) == [
        "Priya contests the rejection of Marta Lindqvist by Sofia: it waits for your answer."
    ]
    assert told(scene.sofia) == [
        "Priya contests your rejection of Marta Lindqvist. A sales lead answers."
    ]
    answer(appeal=made, by=scene.tom, at=scene.at, is_granted=False, words="No budget.")
    deliver(scene)
    assert told(scene.priya) == ["Tom upheld the rejection of Marta Lindqvist."]
    assert told(scene.sofia)[1:] == ["Tom upheld the rejection of Marta Lindqvist."]
    assert len(told(scene.tom)) == 1
    kinds = Event.objects.filter(subject_id=rejection.handoff_id).values_list("kind", "actor")
    assert ("rejection.contested", scene.priya.pk) in kinds
    assert ("appeal.answered", scene.tom.pk) in kinds


def test_without_a_sales_lead_the_admins_are_asked(scene) -> None:
    team = make_team("Elsewhere")
    sdr = make_user(team=team)
    handoff = scene.handoff(sdr)
    Handoff.objects.filter(pk=handoff.pk).update(team=team)
    handoff.refresh_from_db()
    contest(disposition=rejected(scene, handoff), by=scene.priya, words=WHY, at=scene.at)
    deliver(scene)
    assert len(told(scene.admin)) == 1
    assert not told(scene.tom)


def test_it_is_contested_once_and_the_second_is_told_who(scene, rejection) -> None:
    jonas = make_user(role=Role.MARKETING, name="Jonas")
    made = contest(disposition=rejection, by=jonas, words=WHY, at=scene.at)
    assert contest(disposition=rejection, by=jonas, words=WHY, at=scene.at) == made  # sent twice
    with pytest.raises(Contested, match="Jonas contested this rejection 12 s ago"):
        contest(
            disposition=rejection,
            by=scene.priya,
            words="Me too",
            at=scene.at + timedelta(seconds=12),
        )
    assert Event.objects.filter(kind="rejection.contested").count() == 1


def test_it_is_answered_once(scene, rejection) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    answer(appeal=made, by=scene.tom, at=scene.at, is_granted=False, words="No.")
    answer(appeal=made, by=scene.tom, at=scene.at, is_granted=False, words="No.")  # sent twice
    with pytest.raises(Answered, match="Tom upheld the rejection 0 s ago"):
        answer(appeal=made, by=scene.admin, at=scene.at, is_granted=True, words="Yes.")
    assert Event.objects.filter(kind="appeal.answered").count() == 1


@pytest.mark.parametrize("name", ["sofia", "tom", "jan", "admin"])
def test_only_marketing_contests(scene, rejection, name) -> None:
    with pytest.raises(NotAllowed):
        contest(disposition=rejection, by=scene.people[name], words=WHY, at=scene.at)


@pytest.mark.parametrize("name", ["sofia", "jan", "priya"])
def test_only_a_sales_lead_of_the_team_answers(scene, rejection, name) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    elsewhere = make_user(role=Role.SALES_LEAD, team=make_team("Elsewhere"))
    for by in (scene.people[name], elsewhere):
        with pytest.raises(NotAllowed):
            answer(appeal=made, by=by, at=scene.at, is_granted=True, words="Yes.")


@pytest.mark.parametrize("words", ["", "  ", "\x00", "x" * 5001])
def test_both_need_words(scene, rejection, words) -> None:
    with pytest.raises(Incomplete):
        contest(disposition=rejection, by=scene.priya, words=words, at=scene.at)
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    with pytest.raises(Incomplete):
        answer(appeal=made, by=scene.tom, at=scene.at, is_granted=True, words=words)


def test_what_cannot_be_contested_says_why(scene, rejection) -> None:
    accepted = accept(handoff=scene.handoff(scene.sofia), by=scene.sofia, at=scene.at)
    twin = rejected(
        scene, scene.handoff(scene.sofia), code="duplicate", duplicate_of=accepted.handoff.lead
    )
    old = Disposition.objects.create(
        handoff=make_handoff(make_lead(), origin="imported", cause="imported", is_decided=True),
        origin="imported",
        outcome="rejected",
        reason=rejection.reason,
    )
    taken_back = withdraw(
        disposition=rejected(scene, scene.handoff(scene.sofia)), by=scene.sofia, at=scene.at
    )
    refusals = {accepted: "accepted", twin: "duplicate", old: "imported", taken_back: "taken back"}
    for disposition, words in refusals.items():
        with pytest.raises(Conflict, match=words):
            contest(disposition=disposition, by=scene.priya, words=WHY, at=scene.at)


def test_a_rejection_taken_back_leaves_nothing_to_answer(scene, rejection) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    withdraw(disposition=rejection, by=scene.sofia, at=scene.at)
    with pytest.raises(Conflict, match="nothing left to answer"):
        answer(appeal=made, by=scene.tom, at=scene.at, is_granted=True, words="Yes.")
    assert not Appeal.objects.open().exists()


def test_after_a_granted_appeal_the_rejection_cannot_be_taken_back(scene, rejection) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    answer(appeal=made, by=scene.tom, at=scene.at, is_granted=True, words="Fair.")
    deliver(scene)
    with pytest.raises(Conflict, match="newer handoff"):
        withdraw(disposition=rejection, by=scene.sofia, at=scene.at)


def test_the_database_refuses_a_handoff_after_an_appeal_without_words(scene, rejection) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Handoff.objects.filter(pk=rejection.handoff_id).update(cause=Cause.APPEAL, words="")


# The pages


def test_what_was_typed_is_kept_when_somebody_was_first(scene, rejection, client) -> None:
    address = reverse("contest", args=[rejection.pk])
    client.force_login(scene.priya)
    assert client.get(address).status_code == HTTPStatus.OK
    answer_ = client.post(address, {"words": "  "})
    assert answer_.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "why sales should look" in answer_.content.decode()
    jonas = make_user(role=Role.MARKETING, name="Jonas")
    contest(disposition=rejection, by=jonas, words=WHY, at=scene.at)
    late = client.post(address, {"words": "My own <words>"})
    assert late.status_code == HTTPStatus.CONFLICT
    assert "Jonas contested this rejection" in late.content.decode()
    assert "My own &lt;words&gt;" in late.content.decode()
    assert "Jonas contested" in client.get(address).content.decode()


def test_answering_by_the_page(scene, rejection, client) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    client.force_login(scene.tom)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Hand Marta Lindqvist to sales again" in page
    for bad in ({"words": "Yes."}, {"choice": "granted"}, {"choice": "maybe", "words": "Yes."}):
        kept = client.post(made.get_absolute_url(), bad)
        assert kept.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert bad.get("words", "") in kept.content.decode()
    done = client.post(made.get_absolute_url(), {"choice": "granted", "words": "Fair."})
    assert done.headers["Location"] == reverse("appeals")
    late = client.post(made.get_absolute_url(), {"choice": "upheld", "words": "No, sorry."})
    assert late.status_code == HTTPStatus.CONFLICT
    assert "No, sorry." in late.content.decode()
    assert "You" not in late.content.decode().split("granted this appeal")[0][-40:]


def test_where_it_shows(scene, rejection, client) -> None:
    lead = rejection.handoff.lead
    drill = reverse("rejected-leads") + "?outcome=rejected"
    client.force_login(scene.priya)
    for address in (lead.get_absolute_url(), drill):
        assert reverse("contest", args=[rejection.pk]) in client.get(address).content.decode()
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    for address in (lead.get_absolute_url(), drill, reverse("appeals")):
        page = client.get(address).content.decode()
        assert reverse("contest", args=[rejection.pk]) not in page
        assert made.get_absolute_url() in page
    client.force_login(scene.sofia)
    assert (
        made.get_absolute_url() in client.get(rejection.handoff.get_absolute_url()).content.decode()
    )
    client.force_login(scene.tom)
    assert "1 appeal waits" in client.get(reverse("appeals")).content.decode()
    answer(appeal=made, by=scene.tom, at=scene.at, is_granted=True, words="Fair.")
    page = client.get(reverse("appeals")).content.decode()
    assert "Of 1 answered in the last 90 days, 1 was granted." in page
