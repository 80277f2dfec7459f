"""Opening, closing and putting off alerts: once for each subject, in words, twice without harm."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from portal.accounts.models import Role
from portal.core.errors import Conflict, DomainError
from portal.core.sightings import Limits, Sighting, Watch
from portal.events.models import Event
from portal.watches import services
from portal.watches.models import Alert, Snooze, WatchSetting
from portal.watches.services import look, look_once, snooze, wake
from portal.watches.words import shown
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def seen():
    return [Sighting("source:1", {"n": 10})]


@pytest.fixture
def watch(seen):
    """A watch that sees what the test says; its limits stand in what it sees."""
    return Watch(
        key="test", title=gettext_lazy("Test"), todo=gettext_lazy("Do"),
        find=lambda at, limits: [
            Sighting(one.subject, {**one.figures, "limit": limits.limit}, one.team) for one in seen
        ],
        says=lambda figures: f"n = {figures['n']}", url=lambda figures: "/",
        default=Limits(7, 10), limit_means=gettext_lazy("a"), of_means=gettext_lazy("b"),
    )  # fmt: skip


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_one_alert_for_each_subject_however_often_it_is_looked(watch, seen, now) -> None:
    assert look_once(watch, at=now) == 1
    seen[0].figures["n"] = 12
    assert look_once(watch, at=now + HOUR) == 1
    alert = Alert.objects.get()
    assert (alert.opened_at, alert.seen_at) == (now, now + HOUR)
    assert alert.figures == {"n": 12, "limit": 7}
    assert kinds() == ["alert.opened"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(watch="test", subject="source:1", opened_at=now, seen_at=now)


def test_it_closes_by_itself_and_says_so(watch, seen, now) -> None:
    look_once(watch, at=now)
    seen.clear()
    assert look_once(watch, at=now + HOUR) == 0
    alert = Alert.objects.get()
    assert alert.closed_at == now + HOUR
    assert shown(alert, at=now + HOUR).state == "past"
    assert kinds() == ["alert.opened", "alert.closed"]
    seen.append(Sighting("source:1", {"n": 11}))
    look_once(watch, at=now + 2 * HOUR)
    assert Alert.objects.standing().count() == 1


def test_an_older_look_that_comes_late_changes_nothing(watch, seen, now) -> None:
    look_once(watch, at=now + HOUR)
    seen.clear()
    assert look_once(watch, at=now) == 1
    assert Alert.objects.standing().exists()


def test_an_admins_numbers_count_and_a_watch_that_is_off_sees_nothing(watch, now) -> None:
    WatchSetting.objects.create(watch="test", limit=3)
    look_once(watch, at=now)
    assert Alert.objects.get().figures["limit"] == 3
    WatchSetting.objects.update(is_on=False)
    assert look_once(watch, at=now + HOUR) == 0
    assert not Alert.objects.standing().exists()


def test_put_off_with_a_reason_and_back_again(watch, now) -> None:
    look_once(watch, at=now)
    alert, priya = Alert.objects.get(), make_user(role=Role.MARKETING_LEAD)
    snooze(alert=alert, until=now + 7 * DAY, words=" We paused\nit. ", by=priya, at=now + HOUR)
    alert.refresh_from_db()
    assert not Alert.objects.open(now + DAY).exists()
    assert Alert.objects.open(now + 7 * DAY).exists(), "it waits again when the time is up"
    made = Snooze.objects.get()
    assert (made.words, made.by, made.until) == ("We paused it.", priya, now + 7 * DAY)
    with pytest.raises(Conflict, match="already"):
        snooze(alert=alert, until=now + 9 * DAY, words="Me too", by=priya, at=now + HOUR)
    wake(alert=alert, by=priya, at=now + DAY)
    assert Alert.objects.open(now + DAY).exists()
    with pytest.raises(Conflict):
        wake(alert=alert, by=priya, at=now + DAY)
    assert kinds() == ["alert.opened", "alert.snoozed", "alert.woken"]
    assert "paused" not in str(list(Event.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize(
    ("days", "words"), [(7, " "), (0, "Later"), (-1, "Later"), (184, "Later"), (7, "x" * 301)]
)
def test_what_cannot_be_put_off_so(watch, now, days, words) -> None:
    look_once(watch, at=now)
    by = make_user(role=Role.MARKETING)
    with pytest.raises(DomainError):
        snooze(alert=Alert.objects.get(), until=now + days * DAY, words=words, by=by, at=now)
    assert not Snooze.objects.exists()


def test_what_is_over_cannot_be_put_off(watch, seen, now) -> None:
    look_once(watch, at=now)
    seen.clear()
    look_once(watch, at=now + HOUR)
    with pytest.raises(Conflict, match="no longer true"):
        snooze(alert=Alert.objects.get(), until=now + DAY, words="x", by=make_user(), at=now + HOUR)


def test_one_that_comes_back_while_it_is_put_off_stays_put_off(watch, seen, now) -> None:
    look_once(watch, at=now)
    by = make_user(role=Role.MARKETING)
    snooze(alert=Alert.objects.get(), until=now + 7 * DAY, words="Known", by=by, at=now)
    gone = seen.pop()
    look_once(watch, at=now + HOUR)
    seen.append(gone)
    look_once(watch, at=now + 2 * HOUR)
    assert Alert.objects.snoozed(now + DAY).count() == 1
    assert not Alert.objects.open(now + DAY).exists()


def test_a_sales_lead_sees_own_teams_and_what_concerns_all(watch, seen, now) -> None:
    ours, theirs = make_team(), make_team()
    seen[:] = [
        Sighting("team:1", {"n": 1}, ours.pk), Sighting("team:2", {"n": 1}, theirs.pk),
        Sighting("all", {"n": 1}),
    ]  # fmt: skip
    look_once(watch, at=now)
    tom = make_user(role=Role.SALES_LEAD, team=ours)
    subjects = Alert.objects.visible_to(tom).values_list("subject", flat=True)
    assert set(subjects) == {"team:1", "all"}
    assert Alert.objects.visible_to(make_user(role=Role.LEADERSHIP)).count() == 3
    for role in (Role.SDR, Role.ACCOUNT_EXECUTIVE):
        assert not Alert.objects.visible_to(make_user(role=role, team=ours)).exists()


def test_one_watch_that_fails_does_not_keep_the_others_from_looking(
    watch, now, monkeypatch
) -> None:
    def fails(at, limits):
        raise ZeroDivisionError

    broken = Watch(**{**watch.__dict__, "key": "broken", "find": fails})
    monkeypatch.setattr(services, "all_watches", lambda: (broken, watch))
    with pytest.raises(ExceptionGroup):
        look(beat="hour", at=now)
    assert Alert.objects.get().watch == "test"
