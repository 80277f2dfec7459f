"""Large companies are qualified by a definition of their own."""

from datetime import datetime

from portal.agreements.models import Version
from portal.agreements.services import open_segment, propose, save_clause, sign, start_draft
from portal.demo.people import Cast
from scoring.backtest.services import begin_backtest, claim_backtest, run_backtest

LARGE = 1_000  # people in the company
NOTE = "Large companies take a year and many readers: they are ready for sales earlier."


def sign_enterprise(cast: Cast, at: datetime) -> Version:
    """Both sides sign a definition for large companies, in which less is enough for sales."""
    second = Version.objects.of_kind("definition").get(number=2)
    by = cast.marketing_lead
    agreement = open_segment(kind="definition", name="Enterprise", by=by, at=at)
    draft = start_draft(agreement=agreement, by=by, at=at, based_on=second, note=NOTE)
    large = {"field": "company_size", "op": "gt", "value": LARGE}
    save_clause(
        version=draft, key="segment", kind="segment", body={"when": large}, rationale=NOTE,
        revision=None, position=0, by=by, at=at,
    )  # fmt: skip
    gate = draft.clauses.get(key="sales_ready")
    when = {
        "all": [{"total_at_least": 70}, {"signals_at_least": {"count": 1, "signal": "high_intent"}}]
    }
    save_clause(
        version=draft, key=gate.key, kind=gate.kind, body={"when": when}, rationale=NOTE,
        revision=gate.revision, position=gate.position, by=by, at=at,
    )  # fmt: skip
    version = propose(version=draft, by=by, at=at)
    for signer in (cast.marketing_lead, cast.sales_lead):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    return version


def try_the_draft(cast: Cast, until: datetime) -> None:
    """Marketing replays the last 90 days under its draft; the answer waits on the draft's page."""
    draft = Version.objects.of_kind("definition").get(number=3)
    by = cast.marketing[0]
    test = begin_backtest(version=draft, base=draft.based_on, by=by, at=until)
    if claim_backtest(test.pk, at=until):
        run_backtest(test.pk, clock=lambda: until)
