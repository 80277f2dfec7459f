"""From signed text to a definition. What was signed is what runs."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import NoReturn

from django.utils.translation import gettext as _

from scoring.rules.clause_forms import ANYTHING
from scoring.rules.definition import Definition
from scoring.rules.problems import Findings, InvalidDefinition, Problem
from scoring.rules.schema import read_version

LONGEST_TEXT = 2_000_000  # characters; rationales included, no real version comes near


def parse(document: object) -> Definition:
    """Return the definition in ``document``, ``{"agreement", "name", "version", "clauses"}``.

    Names of facts, properties and kinds are not checked against the registry: signed
    text stays valid when the registry moves on. Raises InvalidDefinition with every problem.
    """
    findings = Findings()
    if not isinstance(document, Mapping) or document.get("agreement") != "definition":
        raise InvalidDefinition([Problem("agreement", _("This is no definition."))])
    name, version = document.get("name"), document.get("version")
    if not isinstance(name, str) or len(name) > 300:
        findings.add("name", _("Write a text of 1 to %d characters.") % 300)
    if not isinstance(version, int) or isinstance(version, bool) or not 0 <= version < 2**31:
        findings.add("version", _("Give a whole number."))
    definition = read_version(
        document.get("clauses"),
        ANYTHING,
        findings,
        name=name if isinstance(name, str) else "",
        version=version if isinstance(version, int) else 0,
    )
    if findings.problems:
        raise InvalidDefinition(findings.problems)
    return definition


@lru_cache(maxsize=128)
def parse_text(signed_text: str, sha256: str) -> Definition:
    """Return the definition in ``signed_text``, parsed once for each hash in this process.

    ``sha256`` is the hex digest of its UTF-8 bytes. Raises InvalidDefinition when the text
    does not match it, or cannot be read.
    """
    if len(signed_text) > LONGEST_TEXT:
        raise _refusal(_("This version is too long to read."))
    if hashlib.sha256(signed_text.encode("utf-8", "surrogatepass")).hexdigest() != sha256:
        raise _refusal(_("The text of this version does not match the hash that was signed."))
    try:
        document = json.loads(signed_text, parse_constant=_no_number)
    except (ValueError, RecursionError) as failure:
        raise _refusal(_("The text of this version is not readable JSON.")) from failure
    return parse(document)


def _refusal(sentence: str) -> InvalidDefinition:
    return InvalidDefinition([Problem("", sentence)])


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
