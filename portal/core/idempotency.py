"""Requests that their sender may repeat: the first answer under a key is kept for 24 hours.

The key is claimed in a statement of its own, so that a second request at the same time sees it
at once. The answer is then kept in the transaction of the work itself: a process that dies
leaves either the work with its answer, or neither and a claim that lapses.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.core.errors import Conflict, DomainError
from portal.core.models import IdempotentAnswer

KEPT_FOR = timedelta(hours=24)
CLAIMED_FOR = timedelta(minutes=1)  # longer than any request runs
LONGEST_KEY = 255


class KeyReused(DomainError):
    """The key was used for another request."""

    code = "idempotency_key_reused"


class UnderWay(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency_key_under_way"


@dataclass
class Once:
    """One request under its key; without a key nothing is kept and every request is the first."""

    row: IdempotentAnswer | None
    is_first: bool = True

    @property
    def answer(self) -> tuple[int, Any]:
        """The status and body that were kept."""
        if self.row is None or self.row.status is None:
            raise ValueError("no answer is kept yet")
        return self.row.status, self.row.body

    def keep(self, status: int, body: Any) -> None:
        """Keep the answer; inside the transaction of the work, and again when it is complete."""
        if self.row is not None:
            self.row.status, self.row.body = status, body
            self.row.save(update_fields=["status", "body"])

    def forget(self) -> None:
        """Give the key free again: nothing was done under it."""
        if self.row is not None:
            IdempotentAnswer.objects.filter(pk=self.row.pk, status=None).delete()


def begin(*, caller: str, key: str, request: Any, at: datetime) -> Once:
    """Claim ``key`` of ``caller`` for this request (JSON data), or find its first answer.

    Raises KeyReused when another request had the key, UnderWay while the first one runs,
    DomainError for a key that cannot be kept. Call it outside a transaction.
    """
    if not key:
        return Once(None)
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise DomainError(_("Shorten the Idempotency-Key to 255 printable characters."))
    sha256 = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    free = Q(at__lte=at - KEPT_FOR) | Q(at__lte=at - CLAIMED_FOR, status=None)
    IdempotentAnswer.objects.filter(free, caller=caller, key=key).delete()
    row, is_first = IdempotentAnswer.objects.get_or_create(
        caller=caller, key=key, defaults={"request_sha256": sha256, "at": at}
    )
    if row.request_sha256 != sha256:
        raise KeyReused(
            _("This Idempotency-Key was used for another request. Use a new key for a new one.")
        )
    if not is_first and row.status is None:
        raise UnderWay(
            _("The first request with this Idempotency-Key is under way. Ask again in a second.")
        )
    return Once(row, is_first=is_first)


def answer_once(once: Once, work: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
    """Do the work of a first request and keep its answer with it; else return the first answer.

    Work and answer are stored in one transaction. A refusal gives the key free again.
    """
    if not once.is_first:
        return once.answer
    try:
        with transaction.atomic():
            status, body = work()
            once.keep(status, body)
    except BaseException:
        once.forget()
        raise
    return status, body


def forget_old_answers(*, at: datetime) -> int:
    """Delete what is no longer replayed; return how many."""
    return IdempotentAnswer.objects.filter(at__lte=at - KEPT_FOR).delete()[0]
