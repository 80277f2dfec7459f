"""What browser tests call by the same names, whatever their module begins with (``begun``)."""

from typing import Any

import pytest

from tests.portal.scene import Scene


@pytest.fixture
def scene(begun: tuple[Scene, Any], live_server: Any) -> Scene:
    return begun[0]


@pytest.fixture
def handoffs(begun: tuple[Scene, Any]) -> Any:
    return begun[1]
