"""Pages travel compressed, with a length that tells nothing of what is in them."""

import gzip

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed_for_who_can_read_it(client) -> None:
    address = reverse("account_login")
    packed = client.get(address, headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert b"csrfmiddlewaretoken" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in client.get(address)


def test_the_same_page_has_another_secret_and_another_length_each_time(client) -> None:
    address = reverse("account_login")
    answers = [client.get(address, headers={"accept-encoding": "gzip"}) for _ in range(12)]
    assert len({one.content for one in answers}) == len(answers)
    assert len({len(one.content) for one in answers}) > 3
