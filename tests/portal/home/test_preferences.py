"""What a person sets for themselves: all at once, or the theme alone."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from portal.events.models import Event
from portal.home.forms import zone_choices
from portal.home.keys import GO, KEYS, conflicts, known, own_key
from tests.factories import make_user

pytestmark = pytest.mark.django_db
USUAL = {key.field: key.usual for key in KEYS}
FIELD = {key.usual: key.field for key in KEYS}
DECLARED = re.compile(r'data-key="([^"{]+)"')
ALL = {"zone": "Asia/Tokyo", "theme": "dark", "density": "compact", "digest": "daily",
       "has_keys": "on", **USUAL}  # fmt: skip


@pytest.fixture
def user(client):
    person = make_user(role="sdr")
    client.force_login(person)
    return person


def post(client, **changed: str):
    return client.post(reverse("preferences"), ALL | changed)


def test_everything_is_saved_at_once_and_told(client, user) -> None:
    answer = client.post(reverse("preferences"), ALL | {FIELD["a"]: "ü"}, follow=True)
    user.refresh_from_db()
    assert (user.zone, user.theme, user.density, user.digest, user.has_keys) == (
        "Asia/Tokyo", "dark", "compact", "daily", True,
    )  # fmt: skip
    assert user.keymap == {"a": "ü"}
    html = answer.content.decode()
    assert "Saved." in html
    assert 'data-bs-theme="dark"' in html
    assert 'data-density="compact"' in html
    assert 'data-keymap="{&quot;a&quot;: &quot;\\u00fc&quot;}"' in html
    event = Event.objects.get(kind="person.settings_changed")
    assert event.actor == user
    assert event.payload == {"changed": ["density", "digest", "keymap", "theme", "zone"]}


def test_saving_what_is_set_already_writes_nothing(client, user) -> None:
    post(client)
    before = Event.objects.count()
    assert post(client).status_code == 302
    assert Event.objects.count() == before


def test_the_theme_switch_sends_the_theme_alone(client, user) -> None:
    post(client, **{FIELD["r"]: "q"})
    client.post(reverse("preferences"), {"theme": "light", "next": "https://elsewhere.test/"})
    user.refresh_from_db()
    assert (user.theme, user.zone, user.density, user.has_keys, user.keymap) == (
        "light", "Asia/Tokyo", "compact", True, {"r": "q"},
    )  # fmt: skip


def test_two_acts_on_one_key_are_refused_with_a_sentence_and_nothing_is_saved(client, user) -> None:
    answer = post(client, **{FIELD["t"]: "a"})
    html = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "“A” is taken: Accept as SQL. Give one of them another key." in html
    assert f'name="{FIELD["t"]}" value="a"' in html  # what was typed is kept
    assert "data-bs-theme" not in html  # nor shown before it holds
    user.refresh_from_db()
    assert (user.keymap, user.theme) == ({}, "auto")


def test_keys_may_change_places(client, user) -> None:
    assert post(client, **{FIELD["a"]: "r", FIELD["r"]: "a"}).status_code == 302
    user.refresh_from_db()
    assert user.keymap == {"a": "r", "r": "a"}


@pytest.mark.parametrize(
    ("own", "sentence"),
    [("5", "Digits choose reasons"), ("\t\n", ""), ("ab", "Give one letter or sign"), ("é", "")],
)
def test_an_own_key_is_one_letter_or_sign(client, user, own, sentence) -> None:
    answer = post(client, **{FIELD["a"]: own})
    assert answer.status_code == (422 if sentence else 302)
    if sentence:
        assert sentence in answer.content.decode()


def test_an_empty_field_switches_one_key_off_and_the_usual_ones_come_back(client, user) -> None:
    post(client, **{FIELD["a"]: "", FIELD["j"]: "N", FIELD["n"]: "J"})
    user.refresh_from_db()
    assert user.keymap == {"a": "", "j": "n", "n": "j"}
    assert "usually A" in client.get(reverse("preferences")).content.decode()
    post(client, usual_keys="1", **{FIELD["a"]: "", FIELD["j"]: "n", FIELD["n"]: "n"})
    user.refresh_from_db()
    assert user.keymap == {}


def test_a_stored_map_that_no_page_knows_does_no_harm(client, user) -> None:
    user.keymap = {"a": "ü", "§": "b", "r": 5}
    user.save()
    assert known(user.keymap) == {"a": "ü"}
    assert own_key(user.keymap, "q") == "q"
    assert client.get(reverse("preferences")).status_code == 200


def test_conflicts_name_the_act_that_comes_first() -> None:
    assert list(conflicts({"a": "x", "r": "y", "t": "x", "n": "", "b": ""})) == ["t"]


def test_zones_say_the_time_there_and_none_is_lost(client, user) -> None:
    at = timezone.datetime(2026, 11, 24, 9, 4, tzinfo=timezone.get_default_timezone())
    choices = zone_choices(at, also="Etc/GMT+3")
    assert choices[0] == ("Etc/GMT+3", "GMT+3, 06:04")
    assert choices[1] == ("UTC", "UTC, 09:04")
    assert ("Europe/Berlin", "Berlin, 10:04") in dict(choices)["Europe"]
    assert post(client, zone="Mars/Base").status_code == 422
    user.zone = "Etc/GMT+3"
    user.save()
    assert post(client, zone="Etc/GMT+3").status_code == 302


def test_every_single_key_of_a_page_can_be_moved() -> None:
    templates = Path(settings.BASE_DIR) / "templates"
    found = {
        (key, path.relative_to(templates).as_posix())
        for path in templates.rglob("*.html")
        for keys in DECLARED.findall(path.read_text(encoding="utf-8"))
        for key in keys.split()
    }
    assert ("a", "portal/desk/_dock.html") in found
    known_ones = {key.usual for key in KEYS} | set("0123456789")
    assert {(key, path) for key, path in found if len(key) == 1 and key not in known_ones} == set()
    assert {path for key, path in found if key == GO} == set()  # it begins the way to a page


def test_no_two_acts_share_a_usual_key() -> None:
    usual = [key.usual for key in KEYS]
    assert len(usual) == len(set(usual))
