"""What one request reads again and again, read once. Outside a request nothing is remembered."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_read: ContextVar[dict[str, Any] | None] = ContextVar("read_in_this_request", default=None)


def once(name: str, read: Callable[[], T]) -> T:
    """Return what ``read`` returned the first time in this request."""
    known = _read.get()
    if known is None:
        return read()
    if name not in known:
        known[name] = read()
    found: T = known[name]
    return found


def forget(name: str) -> None:
    """Read it anew the next time: somebody has just written it."""
    known = _read.get()
    if known is not None:
        known.pop(name, None)


class ReadOnceMiddleware:
    """Remember for the length of one request, and not longer."""

    def __init__(self, get_response: Callable[..., Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        token = _read.set({})
        try:
            return self.get_response(request)
        finally:
            _read.reset(token)
