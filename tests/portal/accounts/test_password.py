"""Changing one's own password."""

import pytest
from django.urls import reverse

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_who_has_no_password_is_sent_to_the_link_by_mail(client) -> None:
    user = make_user()
    client.force_login(user)
    assert client.get(reverse("account_change_password")).status_code == 200
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    answer = client.get(reverse("account_change_password"), follow=True)
    assert answer.redirect_chain == [(reverse("account_reset_password"), 302)]
    assert "link" in answer.content.decode()
