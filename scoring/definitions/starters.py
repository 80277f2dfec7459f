"""Whole definitions to begin from, kept as files of the published format beside this one."""

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.agreements.exchange import read_document
from portal.agreements.registry import Starter
from scoring.rules.defaults import default_clauses

FOLDER = Path(__file__).parent / "starters"


def starters() -> list[Starter]:
    """Return the founding example and three trades', each with whom it is for."""
    return [
        Starter(
            "founding",
            _("The founding example"),
            _("The numbers most teams begin with: titles, pricing pages, demos; 40 and 100."),
            default_clauses,
        ),
        Starter(
            "b2b_software",
            _("B2B software"),
            _("Trials, demos and integrations; buyers are found by seniority and company size."),
            _from("b2b_software"),
        ),
        Starter(
            "e_commerce",
            _("E-commerce"),
            _("Wish lists, baskets and replies to mails; large orders go to a person."),
            _from("e_commerce"),
        ),
        Starter(
            "healthcare",
            _("Healthcare"),
            _("Long purchases in hospitals and practices: committees, procurement, webinars."),
            _from("healthcare"),
        ),
    ]


def _from(name: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: deepcopy(_read(name))


@cache
def _read(name: str) -> list[dict[str, Any]]:
    document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    clauses, _note = read_document(document, kind="definition")
    return clauses
