"""Sentences in parts, so that a page can underline the blanks a person may edit."""

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import NamedTuple


class Part(NamedTuple):
    """A piece of a sentence; ``editable`` ones are its blanks."""

    text: str
    editable: bool = False


Parts = tuple[Part, ...]
Labels = Mapping[str, str]
"""Words for names: a field, a kind of activity (as what a person does: "asks for a demo"), or
``field:value`` for one value of a field. What has no label is shown as its own name."""


def blank(value: object) -> Parts:
    """Return one editable part."""
    return (Part(str(value), editable=True),)


def fill(template: str, **blanks: Parts) -> Parts:
    """Return ``template`` in parts, each ``{name}`` replaced by its own."""
    filled: list[Part] = []
    for text, name, _spec, _conversion in Formatter().parse(template):
        if text:
            filled.append(Part(text))
        if name:
            filled += blanks[name]
    return tuple(filled)


def joined(pieces: Iterable[Parts], between: str) -> Parts:
    """Return the pieces as one, with ``between`` between them."""
    result: list[Part] = []
    for piece in pieces:
        if result:
            result.append(Part(between))
        result += piece
    return tuple(result)


def plain(parts: Iterable[Part]) -> str:
    """Return the sentence as one text."""
    return "".join(part.text for part in parts)


def label(name: str, labels: Labels) -> str:
    """Return the word for ``name``, by default the name itself without underscores."""
    return labels.get(name) or name.replace("_", " ")
