"""What may be done with an import: upload, map, check, start, cancel, keep a mapping."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leads.imports.checking import check_import, set_mapping, usable_mapping
from leads.imports.models import SavedMapping
from leads.imports.running import (
    begin_import,
    cancel_import,
    claim_import,
    run_batch,
    run_import,
)
from leads.imports.uploads import start_import
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record

__all__ = [
    "begin_import",
    "cancel_import",
    "check_import",
    "claim_import",
    "run_batch",
    "run_import",
    "save_mapping",
    "set_mapping",
    "start_import",
]


@transaction.atomic
def save_mapping(
    *, name: str, kind: str, document: dict[str, Any], by: User, at: datetime
) -> SavedMapping:
    """Keep a mapping by name, in the place of an earlier one of that name and kind.

    Raises BadMapping for one with gaps, DomainError without a name.
    """
    name, at = clean_text(name)[:80], whole_second(at)
    if not name:
        raise DomainError(_("Give the mapping a name to save it by."))
    document = {**usable_mapping(kind, document).document, "name": name}
    saved, _is_new = SavedMapping.objects.update_or_create(
        kind=kind, name=name, defaults={"document": document, "saved_by": by, "saved_at": at}
    )
    record("mapping.saved", subject=saved, actor=by, at=at, payload={"kind": kind})
    return saved
