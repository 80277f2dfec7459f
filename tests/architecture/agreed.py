"""The part of the table of addresses that is about what both sides agree on."""

from collections.abc import Mapping
from typing import Any

from tests.architecture import backtests, rows
from tests.architecture.entries import (
    ADMIN,
    AGREED,
    LEADERSHIP,
    MARKETING,
    SALES_LEAD,
    SEES_EVERYTHING,
    SIGNED_IN,
    SIGNS,
    WRITES_AGREEMENTS,
    Arguments,
    Page,
    Rows,
    of,
)
from tests.architecture.world import World


def agreement_pages(kind: str, list_name: str, name: str, slug: str, more: Rows) -> dict[str, Page]:
    """Return the pages of one kind of agreement; all are the same for each kind."""

    def one(world: World) -> Mapping[str, Any]:
        return {"number": world.drafts[kind].number}

    def clause(world: World) -> Mapping[str, Any]:
        return {**one(world), "key": world.clause(kind)}

    def new(world: World) -> Mapping[str, Any]:
        return {**one(world), "slug": slug}

    def against(world: World) -> Mapping[str, Any]:
        return {**one(world), "other": world.signed[kind].number}

    def said(world: World) -> Mapping[str, Any]:
        return {**one(world), "pk": world.remark(kind)}

    def both(at: Arguments) -> Page:
        return Page(get=WRITES_AGREEMENTS, post=WRITES_AGREEMENTS, at=at, shared=AGREED)

    return {
        list_name: Page(get=SIGNED_IN, lists={"": getattr(rows, list_name)}),
        f"{name}-start": Page(post=WRITES_AGREEMENTS),
        name: Page(get=SIGNED_IN, at=one, shared=AGREED, lists={"": more}),
        f"{name}-add": Page(get=WRITES_AGREEMENTS, at=one, shared=AGREED),
        f"{name}-new": both(new),
        f"{name}-clause": both(clause),
        f"{name}-remove": both(clause),
        f"{name}-propose": both(one),
        f"{name}-withdraw": Page(post=WRITES_AGREEMENTS, at=one, shared=AGREED),
        f"{name}-give-up": both(one),
        f"{name}-sign": Page(get=SIGNS, post=SIGNS, at=one, shared=AGREED),
        f"{name}-decline": Page(get=SIGNS, post=SIGNS, at=one, shared=AGREED),
        f"{name}-override": Page(get=LEADERSHIP, post=LEADERSHIP, at=one, shared=AGREED),
        f"{name}-override-end": Page(post=LEADERSHIP, at=one, shared=AGREED),
        f"{name}-follow": Page(get=SIGNED_IN, at=one, shared=AGREED),
        f"{name}-talk": Page(get=SIGNED_IN, post=SIGNED_IN, at=one, shared=AGREED),
        f"{name}-thread": Page(post=SIGNED_IN, at=said, shared=AGREED),
        f"{name}-choose": Page(get=SIGNED_IN, at=one, shared=AGREED),
        f"{name}-compare": Page(get=SIGNED_IN, at=against, shared=AGREED),
        f"{name}-paper": Page(get=SIGNED_IN, at=one, shared=AGREED),
        f"{name}-export": Page(get=SIGNED_IN, at=one, shared=AGREED),
        f"{name}-import": Page(get=WRITES_AGREEMENTS, post=WRITES_AGREEMENTS),
    }


def a_draft(world: World) -> Mapping[str, Any]:
    return {"number": world.drafts["definition"].number}


AGREED_PAGES: dict[str, Page] = {
    "reviews": Page(get=MARKETING | SALES_LEAD | LEADERSHIP | ADMIN, lists={"": rows.reviews}),
    "review": Page(
        get=MARKETING | SALES_LEAD | LEADERSHIP | ADMIN,
        post=MARKETING | SALES_LEAD | LEADERSHIP,
        at=of("review", "pk"),
        shared=AGREED,
    ),
    **agreement_pages("definition", "definitions", "definition", "fact", rows.rules),
    "definition-preview": Page(get=SIGNED_IN, post=WRITES_AGREEMENTS, at=a_draft, shared=AGREED),
    "definition-try": Page(get=SIGNED_IN, at=a_draft, shared=AGREED),
    "definition-catalogue": Page(get=WRITES_AGREEMENTS, at=a_draft, shared=AGREED),
    "definition-segments": Page(get=SIGNED_IN, post=WRITES_AGREEMENTS),
    "definition-order": Page(post=SIGNS | LEADERSHIP),
    "definition-begin": Page(get=WRITES_AGREEMENTS, post=WRITES_AGREEMENTS),
    "definition-wizard": Page(
        get=WRITES_AGREEMENTS,
        post=WRITES_AGREEMENTS,
        at=lambda world: {**a_draft(world), "step": 3},
        shared=AGREED,
    ),
    "definition-fix": Page(post=WRITES_AGREEMENTS, at=a_draft, shared=AGREED),
    "definition-backtest": Page(get=SIGNED_IN, post=WRITES_AGREEMENTS, at=a_draft, shared=AGREED),
    "definition-backtest-cancel": Page(post=WRITES_AGREEMENTS, at=a_draft, shared=AGREED),
    "definition-backtest-leads": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        at=backtests.a_tested,
        shared=AGREED,
        lists={"show=draft": backtests.replayed},
    ),
    "definition-backtest-movers": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        at=backtests.a_tested,
        shared=AGREED,
        lists={"gate=mql": backtests.movers},
    ),
    "definition-activation": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        at=backtests.an_activated,
        shared=AGREED,
        lists={"": backtests.activated},
    ),
    **agreement_pages("terms", "terms", "terms-version", "first_touch", rows.promises),
    "terms-rehearsal": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        at=lambda world: {"number": world.drafts["terms"].number},
        shared=AGREED,
    ),
}
