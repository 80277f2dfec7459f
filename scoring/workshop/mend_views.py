"""What one press mends of what the lint found."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.pages import find_open
from portal.agreements.queries import clause_text
from portal.core.http import user_of
from scoring.definitions.services import KIND
from scoring.rules.mending import mended


@login_required
@require_POST
def fix(request: HttpRequest, number: int) -> HttpResponse:
    """Change the one clause that a finding is about, as it stands now, and say so."""
    user = user_of(request)
    services.require_editor(user)
    version = find_open(KIND, number)
    rows = {row.key: row for row in version.clauses.all()}
    found = mended(request.POST.get("press", ""), [clause_text(row) for row in rows.values()])
    if found is None:
        messages.info(request, _("There is nothing to mend here any more."))
        return redirect(address(version))
    clause, body = found
    row = rows[clause["key"]]
    services.save_clause(
        version=version,
        key=row.key,
        kind=row.kind,
        body=body,
        rationale=row.rationale,
        revision=row.revision,
        by=user,
        at=timezone.now(),
    )
    messages.success(request, _("Mended: look at the sentence once more."))
    return redirect(f"{address(version)}#clause-{row.key}")
