"""How much a first visit to the desk fetches beside its page: style sheets, scripts, icons."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db

MOST = 120 * 1024  # bytes, compressed, without fonts: the figure of the desk
PAGE = 20 * 1024  # of these for the page itself
LINKED = re.compile(r'(?:href|src)="/static/([^"#]+\.(?:css|js|svg))["#]')


def weight(name: str) -> int:
    found = finders.find(name)
    assert found, name
    return len(gzip.compress(Path(found).read_bytes(), 9))


def test_the_desk_is_light_on_a_first_visit(client) -> None:
    scene = Scene()
    for _ in range(20):
        scene.handoff(scene.sofia)
    client.force_login(scene.sofia)
    html = client.get(reverse("desk"), follow=True).content
    files = sorted(set(LINKED.findall(html.decode())))
    assert {"css/tokens.css", "css/desk.css", "js/keys.js", "img/icons.svg"} <= set(files)
    weights = {name: weight(name) for name in files}
    page = len(gzip.compress(html, 6))
    assert page < PAGE
    assert page + sum(weights.values()) < MOST, weights
