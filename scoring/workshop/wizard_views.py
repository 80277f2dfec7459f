"""The wizard: a first definition in five steps. It writes an ordinary draft, so it can be left and
taken up again at any step, by either side.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.agreements import services
from portal.agreements.models import Version
from portal.agreements.pages import find_open
from portal.agreements.queries import clause_texts
from portal.agreements.registry import pages_of
from portal.core.errors import DomainError
from portal.core.http import user_of
from scoring.definitions.services import KIND
from scoring.engine.columns_views import reads_columns
from scoring.rules.lint import lint
from scoring.workshop.checks import read_clauses
from scoring.workshop.customers import Trait, study_customers
from scoring.workshop.drafts import beside
from scoring.workshop.figures import figures
from scoring.workshop.leaves import points_text
from scoring.workshop.preview import MEASURES, preview
from scoring.workshop.preview_views import frame
from scoring.workshop.wizard import (
    about_words,
    first_clauses,
    has_trait,
    new_rules,
    total_of,
    value_of,
    with_total,
)

STEPS = (
    gettext_lazy("What customers looked like"),
    gettext_lazy("Dimensions and weights"),
    gettext_lazy("Thresholds"),
    gettext_lazy("Sign-off"),
    gettext_lazy("Review cadence"),
)
ANALYSIS, WEIGHTS, THRESHOLDS, SIGN_OFF, CADENCE = range(1, 6)
GATE_KEYS = ("mql", "sales_ready")
Texts = Sequence[Mapping[str, Any]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reads_columns
def begin(request: HttpRequest) -> HttpResponse:
    """The first step before there is a draft: posting begins one."""
    user, at = user_of(request), timezone.now()
    services.require_editor(user)
    study = study_customers(at=at)
    if request.method == "POST":
        chosen = _chosen(request, study.traits)
        agreement = services.open_agreement(kind=KIND, name=str(pages_of(KIND).name), at=at)
        draft = services.start_draft(
            agreement=agreement, by=user, at=at, clauses=first_clauses(chosen)
        )
        messages.success(
            request, _("Version %d is a draft. Nothing runs by it yet.") % draft.number
        )
        return redirect("definition-wizard", number=draft.number, step=WEIGHTS)
    pages = pages_of(KIND)
    context = {
        "step": ANALYSIS,
        "steps": [(n, name, "") for n, name in enumerate(STEPS, 1)],
        "study": study,
        "traits": _shown(study.traits, ()),
        "list_url": reverse(pages.list_name),
        "list_title": pages.title,
    }
    return render(request, "scoring/workshop/wizard_1.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reads_columns
def step(request: HttpRequest, number: int, step: int) -> HttpResponse:
    """One step of a draft: shows it, or saves it and goes on to the next."""
    if not ANALYSIS <= step <= CADENCE:
        raise Http404
    services.require_editor(user_of(request))
    version = find_open(KIND, number)
    texts = clause_texts(version)
    problems: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            with transaction.atomic():
                _save(request, version, texts, step)
            return redirect("definition-wizard", number=number, step=min(step + 1, CADENCE))
        except services.StaleClause as stale:
            problems, status = {"": str(stale)}, 409
        except services.InvalidClause as refused:
            problems = {"": " ".join(str(one.sentence) for one in refused.problems)}
            status = 422
        except DomainError as refused:
            problems, status = {"": str(refused)}, 422
    context = _context(request, version, texts, step) | {"problems": problems}
    return render(request, f"scoring/workshop/wizard_{step}.html", context, status=status)


def _save(request: HttpRequest, version: Version, texts: Texts, step: int) -> None:
    if step == ANALYSIS:
        study = study_customers(at=timezone.now())
        chosen = [one for one in _chosen(request, study.traits) if not has_trait(texts, one)]
        for kind, key, body, why in new_rules(chosen, taken=[one["key"] for one in texts]):
            new = {"kind": kind, "key": key, "rationale": why, "revision": None}
            _store(request, version, body=_in_a_group(body, texts), **new)
    elif step in {WEIGHTS, THRESHOLDS}:
        rows = {row.key: row for row in version.clauses.all()}
        for text in texts:
            typed = request.POST.get(f"value-{text['key']}")
            meant = None if typed is None else _changed(text, points_text(typed)[:40])
            if meant is not None and meant != text["body"]:
                seen = request.POST.get(f"revision-{text['key']}", "")
                revision = int(seen) if seen.isdecimal() and len(seen) < 9 else None
                row = rows[text["key"]]
                same = {"kind": row.kind, "key": row.key, "rationale": row.rationale}
                _store(request, version, body=meant, revision=revision, **same)


def _store(request: HttpRequest, version: Version, **clause: Any) -> None:
    services.save_clause(version=version, by=user_of(request), at=timezone.now(), **clause)


def _in_a_group(body: dict[str, Any], texts: Texts) -> dict[str, Any]:
    """Put a rule into the first group of its dimension, where its own is not in this draft."""
    groups = [one for one in texts if one["kind"] == "group"]
    if body["group"] in {one["key"] for one in groups}:
        return body
    fitting = [one["key"] for one in groups if one["body"].get("dimension") == body["group"]]
    return body | {"group": fitting[0] if fitting else body["group"]}


def _changed(text: Mapping[str, Any], typed: str) -> dict[str, Any] | None:
    """Return the body with the number that was typed: points, a cap, or what a gate asks for."""
    body = dict(text["body"])
    if text["kind"] == "rule":
        return body | {"points": typed}
    if text["kind"] == "group":
        return body | {"cap": typed or None}
    if text["kind"] == "gate" and typed:
        return body | {"when": with_total(body.get("when"), typed)}
    return None


def _value(text: Mapping[str, Any]) -> str:
    body = text["body"]
    if text["kind"] == "gate":
        return total_of(body.get("when"))
    return str(body.get("points" if text["kind"] == "rule" else "cap") or "")


def _context(request: HttpRequest, version: Version, texts: Texts, step: int) -> dict[str, Any]:
    at = timezone.now()
    shown = beside(version.number, at=at)
    address = {n: reverse("definition-wizard", args=[version.number, n]) for n in range(1, 6)}
    context = frame(shown, "") | {
        "step": step,
        "steps": [(n, name, address[n]) for n, name in enumerate(STEPS, 1)],
        "next_url": address.get(step + 1, ""),
        "reviews_url": reverse("reviews"),
        "may_edit": True,
    }
    if step == ANALYSIS:
        study = study_customers(at=at)
        context |= {"study": study, "traits": _shown(study.traits, texts)}
    elif step == WEIGHTS:
        context["groups"] = _weights(request, version, texts)
    else:
        definition, wrong = read_clauses(texts, number=version.number)
        context["unreadable"] = [one.sentence for one in wrong]
        if step == THRESHOLDS:
            context["gate_fields"] = _fields(request, version, texts, GATE_KEYS)
        if definition is not None:
            context["findings"] = lint(definition)
            found = preview(definition, shown.before, at=at)
            context |= figures(found, definition, measures=MEASURES[:1])
            context["ladder"] = _ladder(found.draft.spread["total"])
    return context


def _ladder(totals: Any) -> list[tuple[int, int]]:
    """Return how many leads have at least so many points, in steps of ten."""
    top = min(totals.highest, 1_000)
    return [(at, totals.between(at, totals.highest + 1)) for at in range(10, top + 1, 10)]


def _fields(
    request: HttpRequest, version: Version, texts: Texts, keys: Sequence[str]
) -> list[dict[str, Any]]:
    """Return one number each: what was typed stays as it was typed."""
    rows = {row.key: row for row in version.clauses.all()}
    by_key = {one["key"]: one for one in texts}
    return [
        {
            "key": key,
            "name": by_key[key]["body"].get("name", key),
            "value": request.POST.get(f"value-{key}", _value(by_key[key])),
            "revision": request.POST.get(f"revision-{key}", rows[key].revision),
            "why": rows[key].rationale,
        }
        for key in keys
        if key in by_key and key in rows
    ]


def _weights(request: HttpRequest, version: Version, texts: Texts) -> list[dict[str, Any]]:
    groups = []
    for group in (one for one in texts if one["kind"] == "group"):
        inside = [
            one["key"]
            for one in texts
            if one["kind"] == "rule" and one["body"].get("group") == group["key"]
        ]
        (head,) = _fields(request, version, texts, [group["key"]])
        head["dimension"] = group["body"].get("dimension")
        groups.append({"head": head, "rules": _fields(request, version, texts, inside)})
    return groups


def _chosen(request: HttpRequest, traits: Mapping[str, Sequence[Trait]]) -> list[Trait]:
    wanted = set(request.POST.getlist("trait"))
    return [one for rows in traits.values() for one in rows if one.name in wanted]


def _shown(traits: Mapping[str, Sequence[Trait]], texts: Texts) -> list[dict[str, Any]]:
    return [
        {"about": about_words(about), "rows": [
            {"trait": one, "words": value_of(one), "is_there": has_trait(texts, one)}
            for one in rows
        ]}
        for about, rows in traits.items()
    ]  # fmt: skip
