"""No template or view names a URL, a static file or a template that does not exist."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from tests.architecture import names, tree

# A strict content security policy forbids what these find; the browser would drop it silently.
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "evaluated htmx": re.compile(r"\shx-on\b|hx-(?:vals|headers)\s*=\s*['\"]js:", re.IGNORECASE),
    "an address of another site's file": re.compile(r"(?:src|srcset)\s*=\s*['\"](?:https?:)?//"),
}
TEMPLATE_CODE = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def pages() -> list[Path]:
    """Mails are not pages: mail programs know inline styles only."""
    return [
        path for path in tree.templates() if "email" not in path.relative_to(tree.TEMPLATES).parts
    ]


def test_no_template_or_view_names_a_missing_url() -> None:
    known = {url.name for url in names.all_urls()}
    used = names.names_in_templates(names.URL_TAG) | names.url_names_in_code()
    assert used, "nothing was found to check"
    assert not sorted((where, name) for where, name in used if name not in known)


def test_no_template_names_a_missing_static_file() -> None:
    used = names.names_in_templates(names.STATIC_TAG)
    assert used, "nothing was found to check"
    assert not sorted((where, name) for where, name in used if not finders.find(name))


def test_every_template_named_somewhere_exists() -> None:
    used = names.names_in_templates(names.TEMPLATE_TAG) | names.template_names_in_code()
    assert used, "nothing was found to check"
    for _, name in sorted(used):
        get_template(name)


@pytest.mark.parametrize("path", tree.templates(), ids=tree.relative)
def test_a_template_compiles(path: Path) -> None:
    get_template(path.relative_to(tree.TEMPLATES).as_posix())


@pytest.mark.parametrize("path", pages(), ids=tree.relative)
def test_a_page_keeps_the_content_security_policy(path: Path) -> None:
    markup = TEMPLATE_CODE.sub("", path.read_text(encoding="utf-8"))
    assert not [what for what, pattern in FORBIDDEN.items() if pattern.search(markup)]


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        '<a href="/" onclick="go()">',
        "<script>go()</script>",
        "<style>p {}</style>",
        '<a href="javascript:go()">',
        '<p hx-on:click="go()">',
        '<script src="https://cdn.example.test/x.js"></script>',
    ],
)
def test_the_patterns_find(markup: str) -> None:
    assert any(pattern.search(markup) for pattern in FORBIDDEN.values())
