"""The main job, end to end, as people do it: from a form to a better definition, and rescored."""

import pytest
from playwright.sync_api import expect

from tests.journeys.company import found_company
from tests.journeys.loop import COORDINATOR, DIRECTOR, Loop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def loop(request, live_server, browser, browser_context_args):
    options = {**browser_context_args, "java_script_enabled": request.param}
    loop = Loop(browser, options, live_server.url, found_company())
    yield loop
    loop.close()


def test_a_rejection_becomes_a_better_definition(loop) -> None:
    company = loop.company
    visitor, sofia = loop.sits_down(), loop.sits_down(company.sofia)
    loop.sends_form(visitor, DIRECTOR)
    loop.sends_form(visitor, COORDINATOR)
    loop.rejects(sofia)

    maja = loop.sits_down(company.maja)
    loop.learns(maja)
    loop.amends(maja)
    priya, tom = loop.sits_down(company.priya), loop.sits_down(company.tom)
    loop.signs(priya, company.priya, "marketing")
    loop.signs(tom, company.tom, "sales")
    loop.sees_in_force(tom, 2)

    loop.imports(maja)
    loop.releases(tom)
    loop.has_next(sofia, "Nora Weiss")

    loop.sweep()
    loop.reads_lead(maja, DIRECTOR["name"], "definition v2", "+12", "22")
    loop.reads_lead(maja, COORDINATOR["name"], "definition v2", "0")
    expect(maja.locator("#handoffs")).to_contain_text("Sales has not had this lead yet.")
    assert loop.wrong == []
    assert loop.watch.complaints == []
