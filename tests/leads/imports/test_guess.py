import pytest

from leads.imports.guess import guess_mapping
from leads.imports.mapping import BadMapping, read_mapping
from leads.imports.synonyms import CHOICES, FIELDS
from leads.imports.targets import FAMILIES, TARGETS


def guess(kind, header, *rows):
    return guess_mapping(
        kind, header, rows, name="A file", source_system="crm", zone="Europe/Berlin"
    )


def test_a_german_export_is_guessed_ready_to_import():
    found = guess(
        "leads",
        ["E-Mail-Adresse", "Vorname", "Nachname", "Firma", "Mitarbeiter", "Erstellt am", "Notiz"],
        ["ANA@Müller.de", "Ana", "Kern", "Müller", "1.200", "31.01.2024 09:30", "x"],
        ["b@kern.de", "Bo", "", "", "", "01.02.2024 10:00", ""],
    )
    assert found.targets == {
        "E-Mail-Adresse": "email",
        "Vorname": "name",
        "Nachname": "name",
        "Firma": "company",
        "Mitarbeiter": "fact.company_size",
        "Erstellt am": "created_at",
        "Notiz": "ignored",
    }
    assert found.document["date_formats"] == ["dd.mm.yyyy HH:MM"]
    binding = read_mapping(found.document).bind(list(found.targets))
    record = binding.apply(["ANA@Müller.de", "Ana", "Kern", "M", "", "31.01.2024 09:30", ""])
    assert record.problems == []
    assert record.values["email"] == "ana@xn--mller-kva.de"
    assert record.values["name"] == "Ana Kern"


def test_known_words_are_mapped_and_unknown_ones_left_for_a_person():
    found = guess(
        "activities",
        ["Id", "CONTACT ID", "Call Type", "Call Start Time", "Call Status"],
        ["1", "7", "Outbound", "2024-01-31 09:30", "Attended"],
        ["2", "7", "Carrier pigeon", "2024-01-31 09:31", "Lost"],
    )
    binding = read_mapping(found.document).bind(list(found.targets))
    record = binding.apply(["1", "7", "OUTBOUND", "2024-01-31 09:30", "Anything"])
    assert record.problems == []
    assert (record.values["kind"], record.values["outcome"]) == ("call_outbound", "Anything")
    [problem] = binding.apply(["2", "7", "Carrier pigeon", "2024-01-31 09:31", ""]).problems
    assert 'does not know "Carrier pigeon"' in problem


def test_handoffs_with_reasons_are_guessed_so_that_they_apply():
    found = guess(
        "handoffs",
        ["Id", "Quality", "Lost Reason", "Created Time", "Amount"],
        ["1", "Not qualified", "Expensive", "03.07.2023 17:03", "€ 3.500,00"],
    )
    binding = read_mapping(found.document).bind(list(found.targets))
    rejected = binding.apply(["1", "Not qualified", "Expensive", "03.07.2023 17:03", "€ 1,50"])
    unstated = binding.apply(["1", "Not qualified", "", "03.07.2023 17:03", ""])
    assert (rejected.problems, rejected.values["reason"]) == ([], "no_budget")
    assert str(rejected.values["value"]) == "1.50"
    assert (unstated.problems, unstated.values["reason"]) == ([], "not_stated")


@pytest.mark.parametrize(
    ("texts", "pattern", "notes"),
    [
        (["2024-01-31T10:00:00Z", "2024-02-01"], "ISO", 0),
        (["31/01/2024", "01/02/2024"], "dd/mm/yyyy", 0),
        (["01/31/2024", "02/01/2024"], "mm/dd/yyyy", 0),
        (["01/02/2024", "03/04/2024"], "dd/mm/yyyy", 1),
        (["01/31/2024 02:30 PM"], "mm/dd/yyyy hh:MM AM", 0),
        (["31 Jan 2024"], "dd Mon yyyy", 0),
        ([], "ISO", 0),
    ],
)
def test_date_formats_are_sniffed_and_doubt_is_said(texts, pattern, notes):
    found = guess("leads", ["Id", "Created"], *[[str(n), text] for n, text in enumerate(texts)])
    assert found.document["date_formats"] == [pattern]
    assert len(found.notes) == notes


def test_null_tokens_and_the_decimal_mark_are_sniffed():
    found = guess("spend", ["Date", "Source", "Spend"], ["2024-01-31", "Select", "1.000,50"])
    assert found.document["null_tokens"] == ["", "Select"]
    assert (found.document["decimal"], found.document["thousands"]) == (",", ".")


def test_a_file_without_what_is_needed_says_what_is_missing():
    found = guess("spend", ["Date", "Colour"], ["2024-01-31", "red"])
    assert found.targets == {"Date": "date", "Colour": "ignored"}
    with pytest.raises(BadMapping) as bad:
        read_mapping(found.document)
    assert any('"amount"' in problem for problem in bad.value.problems)


@pytest.mark.parametrize("kind", FIELDS)
def test_every_synonym_leads_to_a_field_that_exists(kind):
    for field in FIELDS[kind]:
        prefix = field.partition(".")[0]
        assert field in TARGETS[kind] or prefix in FAMILIES[kind]


def test_every_known_word_is_a_choice():
    for field, kind in (
        ("kind", "activities"),
        ("disposition", "handoffs"),
        ("outcome", "handoffs"),
    ):
        assert set(CHOICES[field].values()) <= set(TARGETS[kind][field].choices)
