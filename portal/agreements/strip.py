"""The signature strip: who has signed for each side, who is asked to, what is missing."""

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext as _

from portal.accounts.models import SIGNS_FOR, Side, User
from portal.agreements.models import Signature, Version


def signature_lines(version: Version) -> list[dict[str, Any]]:
    """Return one line for each side, marketing first; two queries."""
    rows = version.signatures.select_related("signer").order_by("at", "pk")
    latest = {row.side: row for row in rows}  # a standing one is always the last of its side
    asked = _signers()
    return [
        _line(
            side, latest.get(side.value), asked[side], is_proposed=version.proposed_at is not None
        )
        for side in (Side.MARKETING, Side.SALES)
    ]


def _signers() -> dict[Side, list[str]]:
    signers: dict[Side, list[str]] = defaultdict(list)
    for user in User.objects.filter(role__in=SIGNS_FOR, is_active=True).order_by("name")[:20]:
        if user.signs_for is not None:
            signers[user.signs_for].append(user.name)
    return signers


def _line(
    side: Side, signature: Signature | None, asked: list[str], *, is_proposed: bool
) -> dict[str, Any]:
    line: dict[str, Any] = {"side": side.value, "side_name": side.label, "state": "open"}
    if signature is None:
        missing = _("not signed yet") if is_proposed else _("signs after the proposal")
        return line | {"name": _asked_words(asked), "missing": missing}
    line |= {"name": signature.signer.name, "at": signature.at, "hash": signature.sha256}
    if signature.voided_at is None:
        return line | {"state": "signed"}
    words = _("voided by revision %d") % (signature.voided_by_revision or 0)
    return line | {"state": "void", "void_words": words}


def _asked_words(names: list[str]) -> str:
    if not names:
        return _("Nobody can sign for this side yet")
    if len(names) > 2:
        return _("%(first)s, %(second)s or another lead") % {"first": names[0], "second": names[1]}
    return _(" or ").join(names)


def why_not(version: Version, user: User, lines: list[dict[str, Any]]) -> str:
    """Return why this person has nothing to sign here, or "" when they may sign now."""
    if version.withdrawn_at is not None:
        return _("This draft was given up.")
    if version.effective_from is not None:
        return _("Signed by both sides; never edited. Changes begin as a draft.")
    if version.proposed_at is None:
        return _("Proposing freezes revision %d. An edit after a signature voids it.") % (
            version.revision
        )
    if user.signs_for is None:
        return _("The marketing lead and a sales lead sign. Everybody may read along.")
    signed = {line["side"] for line in lines if line["state"] == "signed"}
    if user.signs_for in signed:
        return _("Your side has signed. The other side's signature brings it into force.")
    return ""
