"""Who may do what at every address of the API, as ``access.py`` says of pages."""

from tests.architecture import backtests, rows
from tests.architecture.alerted import alerts
from tests.architecture.entries import AGREED, Endpoint, of

READ, SEND, DECIDE = "leads:read", "leads:write", "dispositions:write"
WRITE = "agreements:write"
ENDPOINTS: dict[str, Endpoint] = {
    "api-leads": Endpoint(get=READ, post=SEND, lists={"": rows.handoffs}),
    "api-lead": Endpoint(get=READ, at=of("lead")),
    "api-lead-score": Endpoint(get=READ, at=of("lead")),
    "api-activities": Endpoint(post=SEND),
    "api-activity-batch": Endpoint(post=SEND),
    "api-handoffs": Endpoint(get=READ, lists={"": rows.handoffs}),
    "api-handoff": Endpoint(get=READ, at=of("handoff")),
    "api-handoff-disposition": Endpoint(post=DECIDE, at=of("handoff")),
    "api-visitors": Endpoint(get=READ, post=SEND, lists={"": rows.visitors}),
    "api-sales-time": Endpoint(get=READ, post=SEND),
    "api-alerts": Endpoint(get=READ, lists={"": alerts}),
    "api-backtest": Endpoint(get=READ, at=backtests.a_tested, shared=AGREED),
    "api-preview": Endpoint(get=READ, at=backtests.a_tested, shared=AGREED),
    "api-versions": Endpoint(get=READ, post=WRITE, lists={"": rows.definitions}),
    "api-version": Endpoint(
        get=READ,
        at=lambda world: {"agreement": "terms", "number": world.drafts["terms"].number},
        shared=AGREED,
    ),
    "api-nothing": Endpoint(),
}
