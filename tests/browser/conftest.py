"""What browser tests call by the same names, whatever their module begins with (``begun``)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from django.http import HttpRequest, HttpResponseBase

from tests.portal.scene import Scene


@pytest.fixture
def scene(begun: tuple[Scene, Any], live_server: Any) -> Scene:
    return begun[0]


@pytest.fixture
def handoffs(begun: tuple[Scene, Any]) -> Any:
    return begun[1]


@pytest.fixture(scope="session", autouse=True)
def files_are_kept() -> Iterator[None]:
    """Let browsers keep scripts and styles, as they do of the product, instead of asking anew.

    The live server says nothing of it, so each page would ask for each of its files again.
    """
    serve = StaticFilesHandlerMixin.serve

    def to_be_kept(self: Any, request: HttpRequest) -> HttpResponseBase:
        answer = serve(self, request)
        answer["Cache-Control"] = "max-age=3600"
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StaticFilesHandlerMixin, "serve", to_be_kept)
        yield
