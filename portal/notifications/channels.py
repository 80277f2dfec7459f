"""Making, changing and ending channels, and saying something in one."""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.core import egress
from portal.core.errors import DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.secrets import seal, unseal
from portal.events.services import record
from portal.notifications.channel_models import Channel
from portal.notifications.formats import (
    Message,
    plain_body,
    signed_headers,
    slack_body,
    teams_body,
)

CHANGED_BY_HAND = ("name", "side", "gets_weekly", "gets_instant")
GONE = 410


class NotSent(Exception):
    """The receiver did not take it; it is tried again."""


def require_keeper(by: User) -> None:
    """Raise NotAllowed unless this person keeps channels."""
    if by.role != Role.ADMIN:
        raise NotAllowed(_("Admins keep the channels: their addresses are secrets."))


@transaction.atomic
def make_channel(
    *, kind: str, address: str, by: User, at: datetime, **given: Any
) -> tuple[Channel, str]:
    """Make a channel; return it with the secret that verifies a signed one, shown this once.

    ``given`` are name, side, gets_weekly, gets_instant. Raises DomainError for an address that
    may not be reached, NotAllowed for who is no admin.
    """
    require_keeper(by)
    at = whole_second(at)
    secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    is_signed = kind == Channel.Kind.SIGNED
    channel = Channel(
        kind=kind, address=seal(_checked(address)), shown=recognisable(address),
        secret=seal(secret) if is_signed else "", made_by=by, made_at=at, **given,
    )  # fmt: skip
    channel.full_clean()
    channel.save()
    record("channel.made", subject=channel, actor=by, at=at, payload={"kind": kind})
    return channel, secret if is_signed else ""


@transaction.atomic
def change_channel(
    *, channel: Channel, by: User, at: datetime, address: str = "", **given: Any
) -> None:
    """Change what is told there, or where it is (an empty address leaves it). Locks it."""
    require_keeper(by)
    row = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    changed = [
        name for name in CHANGED_BY_HAND if name in given and given[name] != getattr(row, name)
    ]
    for name in changed:
        setattr(row, name, given[name])
    if address:
        row.address, row.shown = seal(_checked(address)), recognisable(address)
        row.failed_at, row.failure = None, ""
        changed.append("address")
    if not changed:
        return
    row.full_clean()
    row.save()
    record("channel.changed", subject=row, actor=by, at=at, payload={"changed": sorted(changed)})


@transaction.atomic
def switch_channel(*, channel: Channel, is_on: bool, by: User | None, at: datetime) -> bool:
    """Switch a channel on or off; return whether that changed anything. ``by`` None: by itself."""
    if by is not None:
        require_keeper(by)
    if not Channel.objects.filter(pk=channel.pk).exclude(is_on=is_on).update(is_on=is_on):
        return False
    kind = "channel.switched_on" if is_on else "channel.switched_off"
    record(kind, subject=channel, actor=by, at=at)
    return True


@transaction.atomic
def ask_for_a_try(*, channel: Channel, by: User, at: datetime) -> None:
    """Say hello in the channel: the admin sees whether it arrives."""
    require_keeper(by)
    record("channel.owed", subject=channel, actor=by, at=at, payload={"what": "hello"})


def _checked(address: str) -> str:
    try:
        egress.check_address(address)
    except egress.Refused as refusal:
        raise DomainError(str(refusal)) from None
    return address


def recognisable(address: str) -> str:
    """Return the host and the last four signs: enough to know it by, too little to use it."""
    host = urlsplit(address).hostname or ""
    return f"{host}/…{address[-4:]}" if len(address) > len(host) + 24 else f"{host}/…"


def say(channel: Channel, message: Message, *, kind: str, message_id: str, at: datetime) -> None:
    """Send the message to the channel's address, now. Call it outside any transaction.

    Raises NotSent when it was not taken; a receiver that says it is gone for good is switched
    off instead. The channel remembers how the last try ended, without the address.
    """
    address, secret = unseal(channel.address), unseal(channel.secret) if channel.secret else ""
    if address is None or secret is None:
        _remember(channel, at, "SECRET_KEY has changed: give the address again.")
        raise NotSent("the address cannot be opened: SECRET_KEY has changed")
    body = _body(channel, message, kind=kind, at=at)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if secret:
        headers |= signed_headers(secret, body, message_id=message_id, at=at)
    try:
        answer = egress.post(address, body, headers)
    except (egress.Refused, egress.Unreachable) as failure:
        _remember(channel, at, str(failure))
        raise NotSent(str(failure)) from failure
    if 200 <= answer.status < 300:
        Channel.objects.filter(pk=channel.pk).update(sent_at=at, failed_at=None, failure="")
        return
    failure_words = f"{answer.status}: {answer.text.strip()[:200]}".replace(address, "…")
    _remember(channel, at, failure_words)
    if answer.status == GONE:
        switch_channel(channel=channel, is_on=False, by=None, at=at)
        return
    raise NotSent(failure_words)


def _body(channel: Channel, message: Message, *, kind: str, at: datetime) -> bytes:
    if channel.kind == Channel.Kind.SLACK:
        return slack_body(message)
    if channel.kind == Channel.Kind.TEAMS:
        return teams_body(message)
    return plain_body(message, kind=kind, at=at)


def _remember(channel: Channel, at: datetime, words: str) -> None:
    Channel.objects.filter(pk=channel.pk).update(failed_at=at, failure=words[:300])
