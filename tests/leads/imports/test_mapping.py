import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from leads.imports.mapping import BadMapping, read_mapping
from leads.imports.targets import ACTIVITY_KINDS, FAMILIES, KINDS, TARGETS
from leads.imports.values import TYPES

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/reference/import-mapping.schema.json").read_text())
MAPPINGS = sorted((ROOT / "tests/data/mappings").glob("*.json"))

LEADS = {
    "version": 1,
    "kind": "leads",
    "name": "Leads",
    "source_system": "crm",
    "zone": "Europe/Berlin",
    "date_formats": ["dd.mm.yyyy"],
    "null_tokens": ["", "Select"],
    "fields": {
        "external_id": {"column": "Id"},
        "email": {"first_of": ["Work mail", "Mail"]},
        "source": {
            "column": "Source",
            "values": {"google": "Google", "x": None},
            "fold_case": True,
        },
        "created_at": {"column": "Created"},
        "fact.title": {"column": "Title"},
        "fact.city": {"column": "City", "known": "later"},
        "fact.visits": {"column": "Visits", "type": "integer"},
        "extra.key": {"join": ["Id", "Source"], "separator": "/"},
        "company": {"constant": "Acme"},
        "owner": {"column": "Owner", "default": "Ana", "when": {"source": ["Google"]}},
    },
}
HEADER = ["Id", "Work mail", "Mail", "Source", "Created", "Title", "City", "Visits", "Owner"]
ROW = ["7", "Select", " A@B.de ", "GOOGLE", "31.01.2024", " CEO ", "Bonn", "3", ""]


def applied(row=ROW, **changed_fields):
    document = copy.deepcopy(LEADS)
    document["fields"] |= changed_fields
    return read_mapping(document).bind(HEADER).apply(row)


def row(**changed):
    return [
        changed.get(name.replace(" ", "_"), cell) for name, cell in zip(HEADER, ROW, strict=True)
    ]


def test_a_row_becomes_a_record():
    record = applied()
    assert record.problems == []
    assert record.values == {
        "external_id": "7",
        "email": "a@b.de",
        "source": "Google",
        "created_at": datetime(2024, 1, 30, 23, tzinfo=UTC),
        "fact.title": "CEO",
        "extra.city": "Bonn",
        "extra.visits": 3,
        "extra.key": "7/GOOGLE",
        "company": "Acme",
        "owner": "Ana",
    }


def test_what_is_known_later_never_becomes_a_fact():
    record = applied()
    assert record.family("fact") == {"title": "CEO"}
    assert record.family("extra") == {"city": "Bonn", "visits": 3, "key": "7/GOOGLE"}


def test_a_null_token_gives_nothing_and_a_join_of_nothing_is_nothing():
    record = applied(row(Title="select", Id="", Source=""))
    assert record.values["fact.title"] is None
    assert record.values["extra.key"] is None
    assert "title" not in record.family("fact")


@pytest.mark.parametrize(
    ("source", "unmapped", "value"),
    [
        ("x", "error", None),
        ("bing", "keep", "bing"),
        ("bing", "null", None),
        ("Google", "null", "Google"),
    ],
)
def test_a_value_map_decides_about_each_word(source, unmapped, value):
    field = {**LEADS["fields"]["source"], "unmapped": unmapped}
    assert applied(row(Source=source), source=field).values["source"] == value


def test_an_unknown_word_is_a_problem_by_default():
    assert applied(row(Source="bing")).problems == [
        'Column "Source": the mapping does not know "bing". Add it to the values.'
    ]


def test_a_field_with_a_condition_is_empty_where_it_does_not_hold():
    assert applied(row(Source="x", Owner="Bo")).values["owner"] is None


def test_every_bad_cell_of_a_row_is_named():
    record = applied(row(Mail="nobody", Visits="many", Created="2024"))
    assert len(record.problems) == 3
    assert all(
        any(name in problem for problem in record.problems)
        for name in ("Mail", "Visits", "Created")
    )


def test_a_bad_cell_stays_bad_when_it_comes_again():
    binding = read_mapping(LEADS).bind(HEADER)
    bad = row(Visits="many")
    assert binding.apply(bad).problems == binding.apply(bad).problems != []
    assert binding.apply(ROW).problems == []


def test_a_row_that_names_no_lead_is_a_problem():
    assert "names no lead" in applied(row(Id="", Mail="")).problems[0]
    assert applied(row(Id="")).problems == []


def test_missing_columns_are_all_named():
    with pytest.raises(BadMapping) as bad:
        read_mapping(LEADS).bind(["Id", "Mail", "Title"])
    assert len(bad.value.problems) == 6
    assert '"Work mail"' in bad.value.problems[0]


def test_columns_that_nobody_reads_are_named():
    mapping = read_mapping({**LEADS, "ignored": ["Noise"]})
    assert mapping.unread([*HEADER, "Noise", "Phone"]) == ["Phone"]


HANDOFFS = {
    "kind": "handoffs",
    "name": "Deals",
    "source_system": "crm",
    "fields": {
        "external_id": {"column": "Id"},
        "disposition": {"column": "Verdict"},
        "reason": {"column": "Why"},
    },
}


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["1", "rejected", "spam"], None),
        (["1", "accepted", ""], None),
        (["1", "", ""], None),
        (["1", "rejected", ""], "needs a reason"),
        (["1", "accepted", "spam"], "Only a rejected handoff has a reason"),
        (["1", "", "spam"], "Only a rejected handoff has a reason"),
        (["", "accepted", ""], '"Id" is empty'),
        (["1", "maybe", ""], "one of accepted, rejected"),
    ],
)
def test_a_reason_stands_with_a_rejection_and_only_there(cells, sentence):
    problems = read_mapping(HANDOFFS).bind(["Id", "Verdict", "Why"]).apply(cells).problems
    assert [sentence in problem for problem in problems] == ([True] if sentence else [])


def broken(**changed):
    """Return LEADS with keys changed (None: left out), and fields under ``fields__``."""
    document = copy.deepcopy(LEADS)
    document["fields"] |= changed.pop("fields__", {})
    for key, value in changed.items():
        document[key] = value
        if value is None:
            del document[key]
    return document


def field(body, name="phone"):
    return broken(fields__={name: body})


# What the schema sees, too, and what only the reader can see.
MISSHAPEN = {
    "no object": ([], "is a JSON object"),
    "unknown key": (broken(colour="red"), 'unknown key "colour"'),
    "version": (broken(version=2), '"version" is not 1'),
    "no kind": (broken(kind=None), '"kind" is one of'),
    "other kind": (broken(kind="people"), '"kind" is one of'),
    "no name": (broken(name=None), '"name" is missing'),
    "no source": (broken(source_system=None), '"source_system" is missing'),
    "no fields": (broken(fields=None), '"fields" is missing'),
    "zone is a number": (broken(zone=1), "is no time zone"),
    "no date formats": (broken(date_formats=[]), "date_formats"),
    "decimal": (broken(decimal=";"), '"decimal" is'),
    "tokens": (broken(null_tokens="Select"), '"null_tokens" is a list'),
    "ignored": (broken(ignored="Noise"), '"ignored" is a list'),
    "unknown field": (field({"column": "A"}, "shoe_size"), "Leads have no such field"),
    "field of another kind": (field({"column": "A"}, "clicks"), "Leads have no such field"),
    "odd fact": (field({"column": "A"}, "fact.Shoe size"), "Leads have no such field"),
    "field is a text": (field("A"), 'write {"column"'),
    "unknown field key": (field({"column": "A", "colour": 1}), '"colour" is unknown'),
    "no source of text": (field({"default": "A"}), "exactly one of"),
    "two sources": (field({"column": "A", "constant": "B"}), "exactly one of"),
    "empty column": (field({"column": ""}), '"column" is a text'),
    "empty list": (field({"first_of": []}), '"first_of" is a list'),
    "separator": (field({"column": "A", "separator": "-"}), "only join has it"),
    "values": (field({"column": "A", "values": {"a": 1}}), '"values" is an object'),
    "fold_case": (field({"column": "A", "values": {}, "fold_case": "no"}), '"fold_case" is true'),
    "unmapped": (field({"column": "A", "values": {}, "unmapped": "drop"}), '"unmapped" is error'),
    "unmapped alone": (field({"column": "A", "unmapped": "keep"}), 'need "values"'),
    "default": (field({"column": "A", "default": 1}), '"default" is a text'),
    "when": (field({"column": "A", "when": ["source"]}), '"when" is an object'),
    "constant with default": (field({"constant": "A", "default": "B"}), "a constant has neither"),
    "known": (field({"column": "A", "known": "never"}, "fact.a"), '"known" is now or later'),
    "known of no fact": (field({"column": "A", "known": "later"}), "only facts have it"),
    "type": (field({"column": "A", "type": "colour"}, "fact.a"), '"type" is none'),
}
MEANINGLESS = {
    "zone": (broken(zone="Europe/Atlantis"), "is no time zone"),
    "date format": (broken(date_formats=["dd.qq.yyyy"]), "is no date format"),
    "same marks": (broken(decimal=",", thousands=","), '"decimal" is'),
    "both tokens": (broken(true_tokens=["1"], false_tokens=["1"]), "stands in both"),
    "no key": (broken(fields={"name": {"column": "A"}}), "one of external_id, email"),
    "other type": (field({"column": "A", "type": "text"}, "order"), "its type is always integer"),
    "bad constant": (field({"constant": "ana"}, "email"), "an e-mail address"),
    "bad default": (field({"column": "A", "default": "x"}, "order"), "a whole number"),
    "bad value": (field({"column": "A", "values": {"a": "x"}}, "order"), "a whole number"),
    "when of nothing": (field({"column": "A", "when": {"term": "x"}}), "names a mapped field"),
    "when of when": (field({"column": "A", "when": {"owner": "x"}}), "names a mapped field"),
    "later twice": (
        broken(fields__={"fact.a": {"column": "A", "known": "later"}, "extra.a": {"column": "A"}}),
        "of this name already",
    ),
}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [*MISSHAPEN.values(), *MEANINGLESS.values()],
    ids=[*MISSHAPEN, *MEANINGLESS],
)
def test_what_is_wrong_with_a_mapping_is_said(document, sentence):
    with pytest.raises(BadMapping) as bad:
        read_mapping(document)
    assert any(sentence in problem for problem in bad.value.problems)
    assert all(problem.endswith((".", "}", '"')) for problem in bad.value.problems)


def test_all_problems_are_said_at_once():
    with pytest.raises(BadMapping) as bad:
        read_mapping(broken(zone="x", name=None, fields__={"shoe": {}, "phone": {}}))
    assert len(bad.value.problems) == 4


@pytest.mark.parametrize("document", [case[0] for case in MISSHAPEN.values()], ids=MISSHAPEN)
def test_the_schema_refuses_the_same_shapes(document):
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


@pytest.mark.parametrize("document", [LEADS, HANDOFFS], ids=["leads", "handoffs"])
def test_the_schema_accepts_what_is_read(document):
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_the_mappings_of_the_real_files_are_sound(path):
    document = json.loads(path.read_text())
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)
    mapping = read_mapping(document)
    assert path.stem.endswith("_" + mapping.kind)
    assert mapping.document == document


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_and_the_page_name_every_field(kind):
    page = (ROOT / "docs/reference/import-mapping.md").read_text()
    section = page.partition(f"\n### {kind}\n")[2].partition("\n### ")[0]
    names = SCHEMA["$defs"][kind]["propertyNames"]
    assert names["anyOf"][0]["enum"] == list(TARGETS[kind])
    assert ("pattern" in str(names)) == bool(FAMILIES[kind])
    for name, target in TARGETS[kind].items():
        assert f"| `{name}` | {target.type} |" in section
    for prefix in FAMILIES[kind]:
        assert f"`{prefix}.*`" in section


def test_the_page_names_every_type_and_every_kind_of_activity():
    page = (ROOT / "docs/reference/import-mapping.md").read_text()
    assert [word for word in (*TYPES, *ACTIVITY_KINDS) if f"`{word}`" not in page] == []
