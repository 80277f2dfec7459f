"""Two versions in words, one on paper, one in a file and back, and files that mean harm."""

import json
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
from django.urls import reverse

from portal.accounts.models import Role
from portal.agreements.comparing import compare, word_pieces
from portal.agreements.drafts import InvalidClause
from portal.agreements.exchange import (
    FIELDS,
    LARGEST,
    MOST_CLAUSES,
    as_text,
    export_version,
    read_file,
)
from portal.agreements.models import Version
from portal.agreements.queries import clause_texts
from portal.agreements.services import save_clause, start_draft
from sla.terms.services import seed_default_terms
from tests.factories import make_definition, make_user
from tests.scoring.workshop.posting import at, signed_in

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def versions(now):
    """A signed version, and a draft with one sentence changed, one more and one less."""
    first = make_definition(at=now)
    by = make_user(role=Role.MARKETING_LEAD)
    draft = start_draft(agreement=first.agreement, based_on=first, by=by, at=now)
    row = draft.clauses.get(key="pricing_page")
    body, why = row.body | {"points": "20", "max_times": 3}, "Prices"
    given = {"version": draft, "kind": "rule", "by": by, "at": now, "rationale": why}
    save_clause(key=row.key, body=body, revision=1, **given)
    save_clause(key="pricing_too", body=body | {"name": "Prices again"}, revision=None, **given)
    draft.clauses.get(key="blog_subscription").delete()
    return first, draft


def test_words_are_cut_where_they_differ() -> None:
    old, new = word_pieces("+15 each time, at most 2", "+20 each time, at most 2 in all")
    assert (old[0].text, old[0].how) == ("+15", "gone")
    assert "".join(piece.text for piece in new) == "+20 each time, at most 2 in all"
    assert {piece.how for piece in new} == {"same", "new"}


def test_every_pair_has_a_page_that_says_field_by_field_what_differs(versions) -> None:
    first, draft = versions
    found = compare(first, draft)
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    fields = next(one.fields for one in found.differences if one.change.key == "pricing_page")
    assert ("Points", "15", "20") in [(one.label, one.was, one.now) for one in fields]
    client = signed_in(Role.SDR)
    page = client.get(reverse("definition-compare", args=[2, 1])).content.decode()
    for words in ("1 changed, 1 added, 1 taken out", "<del>", "<ins>", "Prices again", "Why"):
        assert words in page
    back = client.get(reverse("definition-compare", args=[1, 2])).content.decode()
    assert "From version 2 to version 1" in back
    assert client.get(reverse("definition-compare", args=[2, 99])).status_code == 404
    chosen = client.get(reverse("definition-choose", args=[2]), {"other": "1"})
    assert chosen.url == reverse("definition-compare", args=[2, 1])
    assert client.get(chosen.url.replace("/1/", "/2/")).context["comparison"].differences == []


def test_the_printed_page_carries_names_hash_and_number(versions) -> None:
    first, _draft = versions
    page = signed_in(Role.SDR).get(reverse("definition-paper", args=[1])).content.decode()
    names = [one.signer.name for one in first.signatures.select_related("signer")]
    for words in (*names, first.sha256, "version 1", "Text, hash and signatures agree"):
        assert words in page
    draft = signed_in(Role.SDR).get(reverse("definition-paper", args=[2])).content.decode()
    assert "nobody has signed it" in draft


def test_the_printed_terms_name_the_definition_in_force(versions) -> None:
    first, _draft = versions
    people = make_user(role=Role.MARKETING_LEAD), make_user(role=Role.SALES_LEAD)
    began = first.effective_from
    terms = seed_default_terms(by_marketing=people[0], by_sales=people[1], at=began)
    page = signed_in(Role.SDR).get(reverse("terms-version-paper", args=[terms.number]))
    printed = page.content.decode()
    for words in ("Definition in force", "Qualified lead", "version 1", first.sha256):
        assert words in printed


def test_what_is_written_to_a_file_is_read_back_the_same(versions) -> None:
    _first, draft = versions
    client = signed_in(Role.MARKETING)
    sent = client.get(at("definition-export", draft))
    assert "definition-v2.json" in sent.headers["Content-Disposition"]
    posted = client.post(reverse("definition-import"), {"text": sent.content.decode()})
    assert posted.status_code == 302
    made = Version.objects.get(number=3)
    assert clause_texts(made) == clause_texts(draft)
    assert made.state == "draft"


def test_what_is_written_follows_the_published_schema(versions) -> None:
    schema = json.loads((ROOT / "docs/reference/agreement-file.schema.json").read_text())
    for version in versions:
        jsonschema.validate(export_version(version), schema)
    limits = schema["properties"]["clauses"]
    assert limits["maxItems"] == MOST_CLAUSES
    assert limits["items"]["properties"].keys() == FIELDS


def test_both_kinds_go_through_a_file() -> None:
    from sla.terms.defaults import default_clauses  # noqa: PLC0415 - the other kind

    document = {"format": "alignment-agreement", "edition": 1, "kind": "terms"}
    clauses = json.loads(json.dumps(default_clauses("Europe/Berlin")))
    content = json.dumps(document | {"clauses": clauses}).encode()
    assert read_file(content, kind="terms")[0] == clauses
    with pytest.raises(InvalidClause, match="another kind"):
        read_file(content, kind="definition")


def nested(levels: int) -> dict:
    body: dict = {}
    for _ in range(levels):
        body = {"all": [body]}
    return body


HARM = [
    ("no json", b"{", "not readable as JSON"),
    ("not text", b"\xff\xfe\x00", "not UTF-8"),
    ("a list", b"[]", "no agreement"),
    ("deep", b"[" * 100_000, "not readable"),
    ("too large", b" " * (LARGEST + 1), "larger than 1 MB"),
    ("a number", b"1e999", "no agreement"),
]


@pytest.mark.parametrize(("name", "content", "sentence"), HARM, ids=[one[0] for one in HARM])
def test_a_file_that_is_none_is_refused_in_a_sentence(name, content, sentence) -> None:
    with pytest.raises(InvalidClause, match=sentence):
        read_file(content, kind="definition")


CLAUSE = {"key": "k", "kind": "rule", "position": 1, "body": {}, "rationale": ""}
BAD = [
    {"clauses": []},
    {"clauses": None},
    {"clauses": [1, None, "x", []]},
    {"clauses": [CLAUSE] * 201},
    {"edition": 2},
    {"edition": True, "clauses": "x"},
    {"note": {"a": 1}},
    {"clauses": [CLAUSE | {"key": "../../etc"}]},
    {"clauses": [CLAUSE | {"key": ["k"]}]},
    {"clauses": [CLAUSE | {"kind": {"a": 1}}]},
    {"clauses": [CLAUSE | {"kind": "gate", "key": "mql", "body": nested(30)}]},
    {"clauses": [CLAUSE | {"body": "x"}]},
    {"clauses": [CLAUSE | {"position": -1}]},
    {"clauses": [CLAUSE | {"position": 10**9}]},
    {"clauses": [CLAUSE | {"position": True}]},
    {"clauses": [CLAUSE | {"rationale": "x" * 5001}]},
    {"clauses": [CLAUSE | {"rationale": 5}]},
    {"clauses": [CLAUSE | {"effective_from": "2020-01-01"}]},
    {"clauses": [CLAUSE | {"body": {"type": "attribute", "points": "1e9", "when": []}}]},
    {"clauses": [CLAUSE | {"body": {"type": ["behaviour"], "kinds": {"a": 1}}}]},
]


@pytest.mark.parametrize("change", BAD, ids=range(len(BAD)))
def test_a_hostile_clause_is_refused_in_sentences_and_nothing_is_kept(versions, change) -> None:
    document = deepcopy(export_version(versions[1])) | change
    client = signed_in(Role.MARKETING)
    answer = client.post(reverse("definition-import"), {"text": as_text(document)})
    assert answer.status_code == 422
    assert 1 <= len(answer.context["wrong"]) <= 20
    assert all(sentence.rstrip().endswith(".") for sentence in answer.context["wrong"])
    assert Version.objects.count() == 2
