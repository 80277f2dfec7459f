"""Pages on which a draft is written: a clause opened, added, taken out, merged."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.models import User
from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.coediting import body_at, merge
from portal.agreements.comparing import in_words, labels_of
from portal.agreements.following import text_context
from portal.agreements.forms import ClauseForm, JsonClauseForm, OpenClause
from portal.agreements.models import Clause, Version
from portal.agreements.pages import answer, find_open
from portal.agreements.queries import clause_text, clause_texts
from portal.agreements.reading import words_of
from portal.agreements.registry import Addition, ClauseText, additions_to, kind_named, pages_of
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.http import is_htmx, user_of

KEY_LETTERS = re.compile(r"[^a-z0-9]+")
LONGEST_KEY = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def clause(request: HttpRequest, number: int, key: str, *, kind: str) -> HttpResponse:
    """One clause of a draft in its form. A stale save shows both texts and keeps what was typed."""
    version = _open_for(request, kind, number)
    texts = clause_texts(version)
    row = version.clauses.filter(key=key).first()
    if row is None and request.method != "POST":
        raise Http404
    opened = _opened(row, texts) if row else _gone(request, key, texts)
    if not _is_known(kind, opened):
        raise Http404
    form = _form(kind, opened, request)
    return _answer_form(request, version, form, add=None)


def _open_for(request: HttpRequest, kind: str, number: int) -> Version:
    services.require_editor(user_of(request))
    return find_open(kind, number)


def _opened(row: Clause, texts: Sequence[ClauseText]) -> OpenClause:
    return OpenClause(row.kind, row.key, row.body, row.rationale, row.revision, texts)


def _gone(request: HttpRequest, key: str, texts: Sequence[ClauseText]) -> OpenClause:
    """Return the clause that was removed while it was open, as far as its form tells."""
    return OpenClause(request.POST.get("clause_kind", ""), key, {}, "", None, texts)


def _is_known(kind: str, opened: OpenClause) -> bool:
    return opened.kind in kind_named(kind).clause_kinds


def _form(kind: str, opened: OpenClause, request: HttpRequest) -> ClauseForm:
    found = pages_of(kind).forms.get(opened.kind, JsonClauseForm)
    form: ClauseForm = found(request.POST if request.method == "POST" else None, opened=opened)
    return form


def _answer_form(
    request: HttpRequest, version: Version, form: ClauseForm, *, add: Addition | None
) -> HttpResponse:
    """Save a posted form, or show it: empty, with what is wrong, or beside what stands now."""
    if not form.is_bound or form.wants_more():
        return _show(request, version, form, add=add)
    if form.is_valid():
        try:
            return _save(request, version, form, add=add)
        except services.InvalidClause as refused:
            form.add_problems(refused.problems)
        except services.StaleClause as stale:
            return _show_both(request, version, form, stale)
        except (Conflict, NotAllowed):
            raise
        except DomainError as refused:
            form.add_error(None, str(refused))
    return _show(request, version, form, add=add, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _save(
    request: HttpRequest, version: Version, form: ClauseForm, *, add: Addition | None
) -> HttpResponse:
    opened, body = form.opened, form.make_body()
    saved = services.save_clause(
        version=version,
        key=opened.key or free_key(body, add, opened.clauses),
        kind=opened.kind,
        body=body,
        rationale=form.cleaned_data["rationale"],
        revision=form.cleaned_data["revision"],
        before=form.stands_before(),
        by=user_of(request),
        at=timezone.now(),
    )
    messages.success(request, _("Saved: %s") % _words(version, saved))
    return _back(request, version, saved.key)


def free_key(body: object, add: Addition | None, texts: Sequence[ClauseText]) -> str:
    """Return a key for a new clause, made from its name and free in this version."""
    name = str(body.get("name", "")) if isinstance(body, dict) else ""
    start = KEY_LETTERS.sub("_", name.lower()).strip("_")[:LONGEST_KEY].strip("_")
    if not start or not start[0].isalpha():
        start = f"{add.kind if add else 'clause'}_{start}".rstrip("_")
    taken = {text["key"] for text in texts}
    tries = (start if n == 1 else f"{start}_{n}" for n in range(1, len(taken) + 2))
    return next(key for key in tries if key not in taken)


def _words(version: Version, row: Clause) -> str:
    texts = clause_texts(version)
    return words_of(version.agreement.kind, clause_text(row), texts)


def _back(request: HttpRequest, version: Version, key: str) -> HttpResponse:
    """Show the sentence again; for htmx in place of its form, and the page asks for the rest."""
    if not is_htmx(request):
        return redirect(address(version) + f"#clause-{key}")
    context = text_context(version, at=timezone.now())
    line = next((one for one in context["reading"].lines if one.clause.key == key), None)
    if line is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    context |= {"has_part": True, "line": line}
    response = answer(request, "saved.html", version, context, user=user_of(request))
    response["HX-Trigger"] = "follow, agreement-changed"
    return response


def _show(
    request: HttpRequest,
    version: Version,
    form: ClauseForm,
    *,
    add: Addition | None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    opened = form.opened
    if add is not None:
        act = address(version, "new", slug=add.slug)
    else:
        act = address(version, "clause", key=opened.key)
    context = {
        "has_part": True,
        "form": form,
        "opened": opened,
        "add": add,
        "act": act,
        "remove_url": "" if add else address(version, "remove", key=opened.key),
        "is_proposed": version.proposed_at is not None,
        "words": "" if add else _opened_words(version, opened),
    }
    return answer(request, "clause.html", version, context, user=user_of(request), status=status)


def _opened_words(version: Version, opened: OpenClause) -> str:
    text = next((one for one in opened.clauses if one["key"] == opened.key), None)
    return words_of(version.agreement.kind, text, opened.clauses) if text else ""


def _show_both(
    request: HttpRequest, version: Version, form: ClauseForm, stale: services.StaleClause
) -> HttpResponse:
    """Both texts, and one form of both: what was typed, and of theirs what was not typed over."""
    opened, current = form.opened, stale.current
    kind, texts = version.agreement.kind, clause_texts(version)
    mine = {"kind": opened.kind, "key": opened.key, "body": form.make_body()}
    context = {
        "has_part": True,
        "opened": opened,
        "reason": str(stale),
        "theirs": words_of(kind, clause_text(current), texts) if current else "",
        "current": current,
        "mine": words_of(kind, mine, texts),
        "act": address(version, "clause", key=opened.key),
    }
    if current is None:
        form.rebase(None)
        context["form"] = form
    else:
        context |= _merged(version, form, current, texts)
    user, status = user_of(request), HTTPStatus.CONFLICT
    return answer(request, "stale.html", version, context, user=user, status=status)


def _merged(
    version: Version, form: ClauseForm, current: Clause, texts: Sequence[ClauseText]
) -> dict[str, Any]:
    """Return the form of both edits, the fields that both changed, and those taken over."""
    kind, opened = version.agreement.kind, form.opened
    typed = form.make_body(), form.cleaned_data["rationale"]
    base = body_at(version, opened.key, form.cleaned_data["revision"] or 0)
    merged = merge(base, typed, current)
    labels = {"rationale": _("Why"), **labels_of(kind, opened.kind)}
    both = [
        {
            "label": labels.get(name, name.replace("_", " ")),
            "mine": in_words(merged.rationale if name == "rationale" else merged.body.get(name)),
            "theirs": in_words(
                current.rationale if name == "rationale" else current.body.get(name)
            ),
        }
        for name in merged.both
    ]
    taken = [labels.get(name, name.replace("_", " ")) for name in merged.theirs]
    one = {"kind": opened.kind, "key": opened.key, "body": merged.body}
    now = OpenClause(
        opened.kind, opened.key, merged.body, merged.rationale, current.revision, texts
    )
    made: ClauseForm = pages_of(kind).forms.get(opened.kind, JsonClauseForm)(None, opened=now)
    made.keep_place(form)
    words = words_of(kind, one, texts)
    return {"form": made, "opened": now, "both": both, "taken": taken, "merged": words}


@login_required
@require_safe
def add(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Choose what to add."""
    version = _open_for(request, kind, number)
    choices = [
        {"addition": one, "url": address(version, "new", slug=one.slug)}
        for one in additions_to(kind, clause_texts(version))
    ]
    return answer(request, "add.html", version, {"choices": choices}, user=user_of(request))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, number: int, slug: str, *, kind: str) -> HttpResponse:
    """Write a new clause."""
    version = _open_for(request, kind, number)
    texts = clause_texts(version)
    found = next((one for one in additions_to(kind, texts) if one.slug == slug), None)
    if found is None:
        raise Http404
    body = pages_of(kind).prefill(found, request.GET.dict())
    opened = OpenClause(found.kind, found.key, body, "", None, texts)
    return _answer_form(request, version, _form(kind, opened, request), add=found)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, number: int, key: str, *, kind: str) -> HttpResponse:
    """Take a clause out, after a look at what it says."""
    version = _open_for(request, kind, number)
    row = version.clauses.filter(key=key).first()
    if row is None:
        raise Http404
    if request.method == "POST":
        return _remove(request, version, row, by=user_of(request))
    context = {"clause": row, "words": _words(version, row), "act": request.path}
    return answer(request, "remove.html", version, context, user=user_of(request))


def _remove(request: HttpRequest, version: Version, row: Clause, *, by: User) -> HttpResponse:
    seen, words = request.POST.get("revision", ""), _words(version, row)
    revision = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
    services.remove_clause(
        version=version, key=row.key, revision=revision, by=by, at=timezone.now()
    )
    messages.success(request, _("Taken out: “%s”.") % words)
    return redirect(address(version))
