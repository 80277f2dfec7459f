"""A small company at work, and its SDR signed in."""

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.scene import Scene
from tests.stages import staged

scene = staged(Scene)


@pytest.fixture
def sofia(scene: Scene, client: Client) -> User:
    client.force_login(scene.sofia)
    return scene.sofia
