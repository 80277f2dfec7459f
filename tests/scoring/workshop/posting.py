"""What a browser without JavaScript would post: every field of a page's form, as it stands."""

from html.parser import HTMLParser

from django.test import Client
from django.urls import reverse

from portal.accounts.models import Role
from portal.agreements.models import Version
from tests.factories import make_user

PASSWORD = "a long enough one"


def signed_in(role: Role, **values) -> Client:
    """Return the browser of a new person of this role."""
    client = Client()
    client.force_login(make_user(role=role, password=PASSWORD, **values))
    return client


def at(name: str, version: Version, **more) -> str:
    """Return the address of a page of a version."""
    return reverse(name, kwargs={"number": version.number, **more})


class _Fields(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.inside = False
        self.found: list[tuple[str, str]] = []
        self.select = self.textarea = ""
        self.chosen: str | None = None

    def handle_starttag(self, tag, attrs) -> None:
        values = dict(attrs)
        if tag == "form":
            self.inside = self.action in (values.get("action") or self.action)
            self.inside &= values.get("method") == "post"
        if not self.inside:
            return
        name, kind = values.get("name", ""), values.get("type", "text")
        if tag == "input" and name and (kind not in {"checkbox", "radio"} or "checked" in values):
            self.found.append((name, values.get("value", "on" if kind == "checkbox" else "")))
        elif tag == "select":
            self.select, self.chosen = name, None
        elif tag == "option" and self.select:
            if self.chosen is None or "selected" in values:
                self.chosen = values.get("value", "")
        elif tag == "textarea":
            self.textarea = name
            self.found.append((name, ""))

    def handle_data(self, data) -> None:
        if self.textarea:
            self.found[-1] = (self.textarea, self.found[-1][1] + data)

    def handle_endtag(self, tag) -> None:
        if tag == "select" and self.select:
            self.found.append((self.select, self.chosen or ""))
            self.select = ""
        elif tag == "textarea" and self.textarea:
            name, text = self.found[-1]
            self.found[-1] = (name, text.removeprefix("\r\n").removeprefix("\n"))
            self.textarea = ""
        elif tag == "form":
            self.inside = False


def fields_of(response, action: str = "") -> dict[str, str | list[str]]:
    """Return the fields of the posting form at ``action`` (part of its address) on a page.

    A name that several ticked boxes share has the list of their values.
    """
    parser = _Fields(action)
    page = response.content.decode()
    parser.feed(page[page.index("<main") :])
    found: dict[str, str | list[str]] = {}
    for name, value in parser.found:
        before = found.get(name)
        found[name] = value if before is None else [*_listed(before), value]
    found.pop("csrfmiddlewaretoken", None)
    return found


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
