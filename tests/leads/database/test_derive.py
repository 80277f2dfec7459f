"""The table of derived facts, by example and against its page in the documentation."""

from pathlib import Path

import pytest

from leads.database import derive
from leads.database.registry import FACTS, KINDS, OBJECT_KINDS, PROPERTY_TYPES

TITLES = [
    # title, seniority, department
    ("CEO", "c_level", "management"),
    ("Co-Founder & CTO", "c_level", "engineering"),
    ("Chief Marketing Officer", "c_level", "marketing"),
    ("C.F.O.", "c_level", "finance"),
    ("Vice President, Sales", "vp", "sales"),
    ("VP of Engineering", "vp", "engineering"),
    ("SVP Marketing", "vp", "marketing"),
    ("Marketing Director", "director", "marketing"),
    ("Senior Director of Operations", "director", "operations"),
    ("Head of Customer Success", "head", "customer_success"),
    ("Product Owner", "manager", "product"),
    ("Senior Software Engineer", "senior", "engineering"),
    ("Executive Assistant to the CEO", "junior", "management"),
    ("Marketing Intern", "intern", "marketing"),
    ("International Sales Manager", "manager", "sales"),
    ("Student", "student", None),
    ("Geschäftsführer", "c_level", "management"),
    ("Mitgründerin", "c_level", None),
    ("Bereichsleiter Einkauf", "director", "purchasing"),
    ("Vertriebsleiterin (m/w/d)", "head", "sales"),
    ("MARKETINGLEITER", "head", "marketing"),
    ("Leiter IT", "head", "it"),
    ("Personalleiterin", "head", "people"),
    ("Werkstudent Marketing", "intern", "marketing"),
    ("Assistentin der Geschäftsführung", "junior", "management"),
    ("Directeur général", "c_level", "management"),
    ("PDG", "c_level", "management"),
    ("Directrice marketing", "director", "marketing"),
    ("Vice-président ventes", "vp", "sales"),
    ("Responsable des achats", "head", "purchasing"),
    ("Chef de projet informatique", "manager", "it"),
    ("Stagiaire", "intern", None),
    ("Directora de Ventas", "director", "sales"),
    ("Consejero Delegado", "c_level", "management"),
    ("Jefe de Compras", "head", "purchasing"),
    ("Vicepresidenta de Finanzas", "vp", "finance"),
    ("Becaria", "intern", None),
    ("Barista", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("title", "seniority", "department"), TITLES)
def test_a_title_names_a_rank_and_a_department(title, seniority, department) -> None:
    assert derive.derive({"title": title}) == {"seniority": seniority, "department": department}


@pytest.mark.parametrize(
    ("people", "band"),
    [(0, None), (1, "1-10"), (10, "1-10"), (11, "11-49"), (49, "11-49"), (50, "50-199"),
     (200, "200-999"), (1000, "1,000-5,000"), (5000, "1,000-5,000"), (5001, "over 5,000"),
     (None, None)],
)  # fmt: skip
def test_a_number_of_people_has_a_band(people, band) -> None:
    assert derive.derive({"company_size": people}) == {"size_band": band}


@pytest.mark.parametrize(
    ("address", "kind"),
    [("a@GMAIL.com", "free"), ("a@mailinator.com", "disposable"), ("a@acme.test", "business"),
     ("", None), ("nothing", None)],
)  # fmt: skip
def test_an_address_has_a_kind(address, kind) -> None:
    assert derive.email_kind_of(address) == kind


def test_nothing_follows_from_what_was_not_said() -> None:
    assert derive.derive({"industry": "software"}) == {}


def test_the_documentation_has_the_whole_table() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/derived-facts.md").read_text("utf-8")
    lines = [
        f"| `{value}` | {', '.join(words)} |"
        for value, words in (*derive.SENIORITY, *derive.DEPARTMENTS)
    ]
    lines += [f"| `{band}` |" for _, band in derive.SIZE_BANDS] + [f"`{derive.LARGEST_BAND}`"]
    lines += [f"-{end} (`{rank}`)" for end, rank in derive.GLUED_RANKS]
    lines += [f"{start}- (`{name}`)" for start, name in derive.GLUED_DEPARTMENTS]
    lines += [*derive.DISPOSABLE_MAIL, *derive.SERVES]
    assert [line for line in lines if line not in page] == []


def test_the_documentation_has_every_fact_kind_and_property() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/facts-and-activities.md").read_text("utf-8")
    lines = [
        f"| `{one.name}` | {one.label} | {one.type}{', derived' * one.derived} "
        f"| {'company' if one.of_company else 'lead'} |"
        for one in FACTS
    ]
    marks = {True: " touch", False: ""}
    lines += [
        f"| `{one.name}` | {one.label} |{' quiet' if one.is_quiet else marks[one.is_touch]} |"
        for one in KINDS
    ]
    lines += [f"| `{name}` | {kind} |" for name, kind in PROPERTY_TYPES.items()]
    assert [line for line in page.splitlines() if line.startswith("| `")] == lines
    assert [name for name, _label in OBJECT_KINDS if f"`{name}`" not in page] == []
