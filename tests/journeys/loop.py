"""The whole loop as steps that people take in a browser, with JavaScript and without.

Each step is one person at one page, and says what that person sees. Nothing reads the database.
"""

import re
from collections.abc import Mapping

from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal.accounts.models import User
from portal.agreements.tasks import announce_activations
from portal.events.tasks import deliver_due
from scoring.engine.tasks import settle_due
from tests.browser.watch import DESK, Watch, look
from tests.journeys.company import PASSWORD, Company

# the same guide, two people.
DIRECTOR = {
    "name": "Ruth Okafor", "email": "ruth@brightline.example", "company": "Brightline",
    "title": "VP Revenue Operations", "company_size": "300", "industry": "B2B SaaS",
    "timeline": "within_30_days",
}  # fmt: skip
COORDINATOR = {
    "name": "Ben Adler", "email": "ben@smallfry.example", "company": "Smallfry",
    "title": "Marketing Coordinator", "company_size": "10", "industry": "agency",
    "timeline": "just_exploring",
}  # fmt: skip
LIST = (
    "E-mail,Name,Company,Title,Industry,Company size,Timeline\n"
    "nora@northwind.example,Nora Weiss,Northwind,CTO,software,420,within_30_days\n"
)
WRONG_RULE = "C-level or VP"


class Loop:
    """The people at their browsers, and what they do one after the other."""

    def __init__(
        self, browser: Browser, options: Mapping[str, object], address: str, company: Company
    ) -> None:
        self.browser, self.address, self.company = browser, address, company
        self.options = {**options, "base_url": address, "viewport": DESK}
        self.scripted = bool(options.get("java_script_enabled", True))
        self.watch = Watch()
        self.contexts: list[BrowserContext] = []
        self.wrong: list[str] = []

    def sits_down(self, user: User | None = None) -> Page:
        """Open a browser of one's own; whoever works here signs in with a password."""
        context = self.watch.follow(self.browser.new_context(**self.options))
        self.contexts.append(context)
        page = context.new_page()
        if user is not None:
            page.goto("/")
            self.looks(page, "sign-in")
            page.get_by_label("E-mail").fill(user.email)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
        return page

    def looks(self, page: Page, name: str) -> None:
        """Keep the pictures of a page; only where script runs, for a look needs it too."""
        if self.scripted:
            self.wrong += look(page, name)

    def sweep(self) -> None:
        """Do what the worker does by the clock."""
        announce_activations()
        deliver_due()
        settle_due()
        deliver_due()

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    # --- the visitor

    def sends_form(self, page: Page, answers: Mapping[str, str]) -> None:
        page.goto("/f/guide/?utm_source=newsletter")
        self.looks(page, "form")
        for name, value in answers.items():
            field = page.locator(f"[name={name}]")
            if name in {"industry", "timeline"}:
                field.select_option(value)
            else:
                field.fill(value)
        page.get_by_label("You may write to me about the guide.").check()
        page.get_by_role("button", name="Send me the guide").click()
        expect(page.locator("main")).to_contain_text("The guide is on its way.")
        self.looks(page, "thanks")

    # --- the SDR

    def rejects(self, page: Page) -> None:
        """Say no to the one who waits, with a reason, and name the rule that was wrong."""
        page.goto("/desk/")
        expect(page.locator(".queue .hs")).to_have_count(1)
        expect(page.locator(".case h1")).to_have_text(DIRECTOR["name"])
        expect(page.locator(".case")).to_contain_text(WRONG_RULE)
        expect(page.locator(".queue")).not_to_contain_text(COORDINATOR["name"])
        self.looks(page, "desk")
        if self.scripted:
            page.keyboard.press("r")
            page.keyboard.press("3")
            expect(page.locator("input[value=not_a_decision_maker]")).to_be_checked()
        else:
            page.locator("#choose-reject").check()
            page.locator("input[value=not_a_decision_maker]").check()
        asks, wrong = (
            page.locator(".wrong summary"),
            page.locator(".wrong").get_by_label(WRONG_RULE),
        )
        if self.scripted:
            asks.focus()
            page.keyboard.press("Space")
            wrong.focus()
            page.keyboard.press("Space")
        else:
            asks.click()
            wrong.check()
        expect(wrong).to_be_checked()
        self.looks(page, "desk-reject")
        if self.scripted:
            page.keyboard.press("Enter")
        else:
            page.locator(".dock-reject .dock-act button").click()
        expect(page.locator("main")).to_contain_text("Nothing waits for you")
        self.looks(page, "desk-done")

    # --- marketing

    def learns(self, page: Page) -> None:
        """See which rule let the rejected one through, and who that was."""
        page.goto("/rejections/")
        expect(page.locator("main")).to_contain_text("Not a decision-maker")
        rule = page.get_by_role("row").filter(has_text=WRONG_RULE)
        expect(rule.get_by_role("cell").last).to_have_text("1")  # named wrong by sales
        self.looks(page, "rejections")
        rule.get_by_role("link").last.click()
        expect(page.locator(".title-row")).to_contain_text(WRONG_RULE)
        behind = page.get_by_role("row").filter(has_text=DIRECTOR["name"])
        expect(behind).to_contain_text("Rejected, Not a decision-maker")
        expect(behind).to_contain_text(self.company.sofia.name)
        self.looks(page, "rejected-leads")
        behind.get_by_role("link", name=DIRECTOR["name"]).click()
        expect(page.locator("#score")).to_contain_text("definition v1")
        expect(page.locator("#score")).to_contain_text("+20")
        self.looks(page, "lead")

    def amends(self, page: Page) -> None:
        """Write the draft of a second version: fewer points for a title, a lower gate."""
        page.goto("/definitions/")
        self.looks(page, "definitions")
        page.get_by_role("button", name="Start a draft from v1").click()
        expect(page.locator("h1")).to_have_text("Version 2")
        self.changes(page, "title_senior", "points", "12")
        expect(page.locator("#clause-title_senior")).to_contain_text("+12")
        self.changes(page, "mql", "when-0-value", "30")
        expect(page.locator("#clause-mql")).to_contain_text("30")
        expect(page.locator("#changes li")).to_have_count(2)
        self.looks(page, "draft")
        page.get_by_role("link", name="Propose for signature").click()
        self.looks(page, "propose")
        page.get_by_role("button", name=re.compile("^Propose")).click()
        expect(page.locator("main")).to_contain_text("The text is frozen for signature.")
        expect(page.get_by_role("link", name=re.compile("^Sign for"))).to_have_count(0)
        self.looks(page, "proposed")

    def changes(self, page: Page, key: str, field: str, value: str) -> None:
        page.locator(f"#clause-{key} a.rule-link").click()
        form = page.locator("form.rule.is-open, form.clause-form")
        expect(form).to_have_count(1)
        form.locator(f"[name={field}]").fill(value)
        self.looks(page, f"clause-{key}")
        form.get_by_role("button", name="Save").click()
        expect(form).to_have_count(0)

    # --- both leads

    def signs(self, page: Page, signer: User, side: str) -> None:
        """Read what changes, give the password again, sign."""
        page.goto("/definitions/2/")
        mine = page.locator(".signature").filter(has_text=signer.name)
        expect(mine).to_contain_text("not signed yet")
        self.looks(page, f"to-sign-{side}")
        page.get_by_role("link", name=f"Sign for {side}").click()
        expect(page.locator("#changes")).to_contain_text("+12")
        self.looks(page, f"sign-{side}")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name=f"Sign for {side}").click()
        expect(mine).to_contain_text("sha-256")

    def sees_in_force(self, page: Page, number: int) -> None:
        page.goto(f"/definitions/{number}/")
        expect(page.locator(".title-row")).to_contain_text("In force")
        self.looks(page, "in-force")

    # --- the release list

    def imports(self, page: Page) -> None:
        """Bring one lead from a file; it waits for sales."""
        page.goto("/leads/import/new/")
        self.looks(page, "import-new")
        page.get_by_label("One row of the file is").select_option("leads")
        file = {"name": "fair.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
        page.get_by_label("CSV file").set_input_files(file)
        page.get_by_role("button", name="Upload the file").click()
        expect(page.locator("#target-0")).to_have_value("email")
        self.looks(page, "import-columns")
        page.get_by_role("button", name="Check the rows", exact=True).click()
        expect(page.locator(".finding")).to_have_text("1 of 1 rows can be imported.")
        self.looks(page, "import-checked")
        page.get_by_role("button", name="Import 1 row").click()
        expect(page.locator(".subtitle")).to_contain_text("Leads.")
        self.sweep()
        page.reload()
        self.looks(page, "import-done")

    def releases(self, page: Page) -> None:
        page.goto("/releases/")
        expect(page.locator(".finding")).to_contain_text("1 lead waits.")
        waiting = page.get_by_role("row").filter(has_text="Nora Weiss")
        expect(waiting).to_contain_text("fast track")
        self.looks(page, "releases")
        waiting.get_by_role("checkbox").check()
        page.get_by_role("button", name="Release the ticked").click()
        expect(page.locator("main")).to_contain_text("Nobody waits to be released")
        self.looks(page, "released")

    def has_next(self, page: Page, name: str) -> None:
        page.goto("/desk/")
        expect(page.locator(".case h1")).to_have_text(name)

    # --- everybody is rescored

    def reads_lead(self, page: Page, name: str, *seen: str) -> None:
        """Find a lead in the list and read its score."""
        page.goto(f"/leads/?q={name.split(maxsplit=1)[0]}")
        self.looks(page, "leads")
        page.get_by_role("link", name=name).first.click()
        for text in seen:
            expect(page.locator("#score")).to_contain_text(text)
        self.looks(page, f"lead-{name.split(maxsplit=1)[0].lower()}")
