"""People come in by invitation: once, in time, as what they were invited to be."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.models import Invitation, User
from portal.core.errors import DomainError, NotAllowed
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


@pytest.fixture
def admin():
    return make_user(role="admin")


def invite(admin, at, **values):
    given = {"email": "Nina@Example.test", "name": "Nina", "role": "sdr", "team": None} | values
    return invitations.invite(by=admin, at=at, **given)


def test_an_invited_person_becomes_what_the_invitation_says(admin, now):
    team = make_team()
    _, token = invite(admin, now, team=team)
    user = invitations.accept(token=token, password=PASSWORD, at=now)
    assert (user.email, user.role, list(user.teams.all())) == ("nina@example.test", "sdr", [team])
    assert user.check_password(PASSWORD)


def test_the_database_never_sees_the_token(admin, now):
    invitation, token = invite(admin, now)
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values())


def test_a_link_works_once_and_for_seven_days(admin, now):
    _, token = invite(admin, now)
    late = now + timedelta(days=7)
    with pytest.raises(DomainError, match="Ask an admin for a new one"):
        invitations.accept(token=token, password=PASSWORD, at=late)
    invitations.accept(token=token, password=PASSWORD, at=late - timedelta(seconds=1))
    with pytest.raises(DomainError):
        invitations.accept(token=token, password=PASSWORD, at=now)


def test_only_an_admin_invites_and_nobody_twice(admin, now):
    with pytest.raises(NotAllowed):
        invite(make_user(role="sales_lead"), now)
    make_user(email="nina@example.test")
    with pytest.raises(DomainError, match="has an account already"):
        invite(admin, now)


def test_the_whole_way_through_the_pages(client, admin, mailoutbox):
    client.force_login(admin)
    given = {"email": "nina@example.test", "name": "Nina", "role": "marketing"}
    answer = client.post(reverse("invite"), given)
    assert "shown once" in answer.content.decode()
    link = next(line for line in mailoutbox[0].body.splitlines() if "/welcome/" in line)
    client.logout()
    assert "Welcome, Nina." in client.get(link).content.decode()
    assert client.post(link, {"password": "short"}).status_code == 422
    answer = client.post(link, {"password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("rejections")
    assert client.get(link).status_code == 404


def test_other_roles_see_no_invitations(client):
    client.force_login(make_user(role="sales_lead"))
    assert client.get(reverse("invite")).status_code == 404


@pytest.mark.parametrize(
    ("role", "first"),
    [
        ("sdr", "desk"),
        ("account_executive", "my-sqls"),
        ("sales_lead", "team"),
        ("marketing", "rejections"),
        ("marketing_lead", "scoreboard"),
        ("leadership", "scoreboard"),
        ("admin", "admin:index"),
    ],
)
def test_each_role_starts_on_its_own_page(client, role, first):
    client.force_login(make_user(role=role))
    answer = client.get(reverse("home"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse(first)
    assert answer.status_code == 200


def test_signing_in_is_by_e_mail_in_any_case(client):
    user = make_user(email="sofia@example.test")
    user.set_password(PASSWORD)
    user.save()
    given = {"login": "Sofia@Example.TEST", "password": PASSWORD}
    assert client.post(reverse("account_login"), given).status_code == 302
    assert int(client.session["_auth_user_id"]) == user.pk


def test_a_wrong_password_says_so_and_keeps_the_address(client):
    make_user(email="sofia@example.test")
    given = {"login": "sofia@example.test", "password": "wrong"}
    answer = client.post(reverse("account_login"), given)
    assert 'value="sofia@example.test"' in answer.content.decode()


def test_there_is_no_open_sign_up(client):
    assert client.post(reverse("account_signup"), {"email": "a@b.test"}).status_code == 405
    assert not User.objects.exists()


class TestDemo:
    def test_a_role_card_signs_in_only_in_the_demo(self, client, settings):
        user = make_user(role="marketing")
        sign_in = reverse("demo-sign-in")
        assert client.post(sign_in, {"email": user.email}).status_code == 404
        settings.DEMO = True
        assert user.name in client.get(reverse("account_login")).content.decode()
        assert client.post(sign_in, {"email": user.email}).status_code == 302
        assert "_auth_user_id" in client.session


def test_preferences_change_the_zone_and_the_theme_switch_only_the_theme(client):
    user = make_user(role="marketing")
    client.force_login(user)
    url = reverse("preferences")
    client.post(url, {"zone": "Asia/Tokyo", "theme": "dark", "has_keys": ""})
    user.refresh_from_db()
    assert (user.zone, user.theme, user.has_keys) == ("Asia/Tokyo", "dark", False)
    client.post(url, {"theme": "light", "next": "https://elsewhere.test/"})
    user.refresh_from_db()
    assert (user.zone, user.theme) == ("Asia/Tokyo", "light")
    assert client.post(url, {"zone": "Mars/Base", "theme": "dark"}).status_code == 422


def test_instants_are_shown_in_the_readers_zone(client):
    client.force_login(make_user(role="marketing", zone="Asia/Tokyo"))
    answer = client.get(reverse("preferences"))
    assert "Asia/Tokyo" in answer.content.decode()
    assert timezone.get_current_timezone_name() == "UTC"
