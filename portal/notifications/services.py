"""Telling people, and their having read it. The bell is one person's own list: no event."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import User
from portal.core.instants import whole_second
from portal.notifications.models import Notification

TEXT_LENGTH = 300


@dataclass(frozen=True)
class News:
    """One line for one person. ``key`` names the cause: the same key is told once."""

    user_id: int
    kind: str
    key: str
    text: str
    url: str
    lead_id: int | None = None


def tell_each(news: Iterable[News], *, at: datetime) -> None:
    """Put each line on its person's bell, in one statement; what was told before is left alone."""
    at = whole_second(at)
    Notification.objects.bulk_create(
        [
            Notification(
                user_id=one.user_id,
                kind=one.kind,
                key=one.key,
                text=shortened(one.text),
                url=one.url,
                lead_id=one.lead_id,
                at=at,
            )
            for one in news
        ],
        ignore_conflicts=True,
    )


def tell(
    *,
    users: Iterable[User],
    kind: str,
    key: str,
    text: str,
    url: str,
    at: datetime,
    lead_id: int | None = None,
) -> None:
    """Put the same line on the bell of each of ``users``."""
    tell_each((News(user.pk, kind, key, text, url, lead_id) for user in users), at=at)


def shortened(text: str) -> str:
    """Return the text as a bell can hold it."""
    return text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"


def mark_read(*, by: User, at: datetime, notification: Notification | None = None) -> int:
    """Mark one line, or all of this person's, as read; return how many were not before."""
    mine = Notification.objects.visible_to(by).unread()
    if notification is not None:
        mine = mine.filter(pk=notification.pk)
    return mine.update(read_at=whole_second(at))


def count_unread(user: User) -> int:
    return Notification.objects.visible_to(user).unread().count()
