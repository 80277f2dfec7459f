"""What a review talks about: items that the apps draw from their numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import User
from portal.agreements.models import Agreement


@dataclass(frozen=True)
class AgendaItem:
    """One thing to talk about: what it is, what the numbers say, and the page behind it."""

    title: str
    sentence: str
    url: str = ""


@dataclass(frozen=True)
class AgendaAsk:
    """Whose agenda is asked for: of which agreement, over which time, for whom to read."""

    agreement: Agreement
    since: datetime
    at: datetime
    reader: User


Drawn = Callable[[AgendaAsk], Sequence[AgendaItem]]
_sources: list[Drawn] = []


def register_agenda(source: Drawn) -> None:
    """Let an app add items; called once by each when it is ready. It answers for any kind."""
    if source not in _sources:
        _sources.append(source)


def agenda_for(ask: AgendaAsk) -> list[AgendaItem]:
    """Return every app's items, in the order in which the apps came."""
    return [item for source in _sources for item in source(ask)]
