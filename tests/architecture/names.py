"""The names in the code and templates that must lead somewhere: URLs, static files, templates."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from tests.architecture import tree

URL_TAG = re.compile(r"{%\s*url\s+['\"]([^'\"]+)['\"]")
STATIC_TAG = re.compile(r"{%\s*static\s+['\"]([^'\"]+)['\"]")
TEMPLATE_TAG = re.compile(r"{%\s*(?:include|extends)\s+['\"]([^'\"]+)['\"]")
REVERSING = {"reverse", "reverse_lazy", "redirect", "resolve_url"}


@dataclass(frozen=True)
class Url:
    """One URL of the product: its qualified name, its route, the names of its arguments."""

    name: str
    route: str
    arguments: frozenset[str]


def all_urls() -> list[Url]:
    """Return every URL the resolver knows; one without a name has an empty one."""
    return list(_walk(get_resolver(), ()))


def _walk(
    resolver: URLResolver,
    spaces: tuple[str, ...],
    route: str = "",
    given: frozenset[str] = frozenset(),
) -> Iterator[Url]:
    for entry in resolver.url_patterns:
        below = f"{route}{entry.pattern}"
        arguments = given | set(entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            name = ":".join([*spaces, entry.name]) if entry.name else ""
            yield Url(name, below, arguments)
        else:
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry, inner, below, arguments)


def names_in_templates(tag: re.Pattern[str]) -> set[tuple[str, str]]:
    """Return (template, name) for each literal name the tag is used with."""
    return {
        (tree.relative(path), name)
        for path in tree.templates()
        for name in tag.findall(path.read_text(encoding="utf-8"))
    }


def calls_in_code() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield (file, function name, call) for every call in the product."""
    for path in tree.product_files():
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.Call):
                function = node.func
                name = getattr(function, "id", None) or getattr(function, "attr", "")
                yield tree.relative(path), name, node


def url_names_in_code() -> set[tuple[str, str]]:
    """Return (file, name) for each literal name given to reverse(), redirect() and the like."""
    found = set()
    for file, function, call in calls_in_code():
        if function in REVERSING and call.args and isinstance(call.args[0], ast.Constant):
            value = call.args[0].value
            if isinstance(value, str) and "/" not in value:
                found.add((file, value))
    return found


def template_names_in_code() -> set[tuple[str, str]]:
    """Return (file, name) for each literal that names a template."""
    return {
        (tree.relative(path), node.value)
        for path in tree.product_files()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[\w/-]+\.(html|txt)", node.value) and "/" in node.value
    }
