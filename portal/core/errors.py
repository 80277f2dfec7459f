"""Refusals: whole sentences that say what to do next, raised by services and shown to people."""

from http import HTTPStatus

from django.utils.functional import Promise


class DomainError(Exception):
    """Something a person asked for cannot be done. ``str(error)`` is the sentence they read.

    ``title`` heads the page that says it, where its status does not; ``url`` and ``act`` lead on.
    """

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "refused"
    title: str | Promise = ""
    url = ""
    act: str | Promise = ""


class Conflict(DomainError):
    """Somebody else was first, or the text has moved on since it was opened."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class NotAllowed(DomainError):
    """This person may see the thing, but this act is another role's."""

    status = HTTPStatus.FORBIDDEN
    code = "not_allowed"
