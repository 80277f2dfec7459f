"""Announcing that a version has come into force, once."""

from datetime import datetime

from django.db import transaction

from portal.agreements.models import Activation, Version
from portal.agreements.registry import kind_named
from portal.core.instants import whole_second
from portal.events.services import record


def announce_activations(*, at: datetime) -> int:
    """Record an activation event for each version whose instant has come; return how many.

    Nothing waits for this: which version is in force follows from ``effective_from`` alone. Safe
    to run twice and two at once: the activation row is one for each version.
    """
    at = whole_second(at)
    due = Version.objects.filter(effective_from__lte=at, activation=None).order_by("effective_from")
    return sum(_announce(version, at) for version in due.select_related("agreement"))


@transaction.atomic
def _announce(version: Version, at: datetime) -> int:
    Version.objects.select_for_update().get(pk=version.pk)
    _, is_new = Activation.objects.get_or_create(version=version, defaults={"at": at})
    if is_new:
        kind = kind_named(version.agreement.kind)
        record(
            kind.activated_event,
            subject=version,
            actor=None,
            at=at,
            payload={"number": version.number, "sha256": version.sha256},
        )
    return int(is_new)
