"""Inviting people. The link is the proof of the address; only its hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Invitation, Membership, Role, Team, User
from portal.core.errors import DomainError, NotAllowed
from portal.core.text import email_key

VALID_FOR = timedelta(days=7)


@transaction.atomic
def invite(
    *, email: str, name: str, role: str, team: Team | None, by: User, at: datetime
) -> tuple[Invitation, str]:
    """Store an invitation and return it with its token, which is shown once.

    Raises NotAllowed unless an admin invites, DomainError when the person is here already.
    """
    if by.role != Role.ADMIN:
        raise NotAllowed(_("Only an admin invites people. Ask one."))
    if User.objects.filter(email=email_key(email)).exists():
        raise DomainError(_("This person has an account already. Change its role instead."))
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email_key(email),
        name=name,
        role=role,
        team=team,
        token_sha256=hash_token(token),
        invited_by=by,
        created_at=at,
        expires_at=at + VALID_FOR,
    )
    return invitation, token


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_invitation(token: str, *, at: datetime) -> Invitation | None:
    """Return the invitation of this link while it may be used."""
    return Invitation.objects.filter(
        token_sha256=hash_token(token), accepted_at=None, expires_at__gt=at
    ).first()


@transaction.atomic
def accept(*, token: str, password: str, at: datetime) -> User:
    """Make the account. Raises DomainError when the link was used or is too old."""
    invitation = (
        Invitation.objects.select_for_update()
        .filter(token_sha256=hash_token(token), accepted_at=None, expires_at__gt=at)
        .first()
    )
    if invitation is None:
        raise DomainError(_("This link has been used or is too old. Ask an admin for a new one."))
    user = User.objects.create_user(
        invitation.email, password, name=invitation.name, role=invitation.role
    )
    if invitation.team:
        Membership.objects.create(team=invitation.team, user=user)
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    return user
