"""The four steps as people walk them, with and without JavaScript."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.database.models import Lead
from leads.imports import services, sheet
from leads.imports.mapping import read_mapping
from leads.imports.models import Import, SavedMapping
from leads.imports.reading import open_table
from tests.factories import AT, make_user
from tests.leads.imports.support import (
    HANDOFFS,
    HANDOFFS_HEADER,
    LEADS,
    LEADS_HEADER,
    begin,
    bring,
    lead_rows,
    lines,
    upload,
)

pytestmark = pytest.mark.django_db
FILE = b"Id,E-Mail,Job title,Visits\n1,a@b.test,CEO,3\n2,b@b.test,Intern,4\n"


@pytest.fixture
def anna(client):
    user = make_user(role="marketing", name="Anna")
    client.force_login(user)
    return user


def page(client, name, run=None, **more):
    return client.get(reverse(name, args=[run.public_id] if run else []), **more)


def send(client, name, run, /, **data):
    return client.post(reverse(name, args=[run.public_id]), data)


def on_the_page(run):
    """What a browser would post of the mapping page as it stands."""
    header = open_table(run.file.path).header
    document = run.mapping
    rows = [row.cells for row in open_table(run.file.path).rows()]
    data = {
        f"target-{line.place}": line.target for line in sheet.column_lines(document, header, rows)
    }
    data |= {f"values-{m.field}": m.lines for m in sheet.word_maps(document, header, rows)}
    return data | {
        "act": "check",
        "name": document["name"],
        "source_system": document["source_system"],
        "zone": document.get("zone", "UTC"),
        "date_formats": "\n".join(document.get("date_formats", ["ISO"])),
        "null_tokens": "",
        "decimal": document.get("decimal", "."),
        "thousands": document.get("thousands", ""),
        "constants": sheet.constants_text(document),
    }


def uploaded(client, content=FILE, kind="leads"):
    client.post(
        reverse("import-new"),
        {"kind": kind, "file": SimpleUploadedFile("people.csv", content)},
    )
    return Import.objects.latest("pk")


def test_a_file_walks_from_upload_to_leads(client, anna, django_capture_on_commit_callbacks):
    run = uploaded(client)
    shown = page(client, "import-mapping", run).content.decode()
    assert "Columns of people.csv" in shown
    assert "a@b.test" in shown
    answer = send(client, "import-mapping", run, **on_the_page(run))
    assert answer.status_code == 302
    checked = page(client, "import", run).content.decode()
    assert "2 of 2 rows can be imported." in checked
    assert "Columns that are not read: Visits" in " ".join(checked.split())
    with django_capture_on_commit_callbacks(execute=True):
        assert send(client, "import-start", run).status_code == 302
    done = page(client, "import", run).content.decode()
    assert "Done." in done
    assert Lead.objects.filter(external_source="crm").count() == 2
    assert 'href="' + run.get_absolute_url() in page(client, "imports").content.decode()


def test_a_file_that_cannot_be_read_comes_back_with_the_sentence(client, anna):
    answer = client.post(
        reverse("import-new"), {"kind": "leads", "file": SimpleUploadedFile("a.csv", b"Id,Id\n1,2")}
    )
    assert answer.status_code == 422
    assert "both called" in answer.content.decode()
    assert client.post(reverse("import-new"), {"kind": "leads"}).status_code == 422


def test_a_column_is_given_another_field_and_the_mapping_kept_by_name(client, anna):
    run = uploaded(client)
    data = on_the_page(run) | {"target-3": "extra", "target-2": "", "save_as": "People"}
    data |= {"constants": "source = Fair", "source_system": "fair"}
    assert send(client, "import-mapping", run, **data).status_code == 302
    run.refresh_from_db()
    assert run.mapping["fields"]["extra.visits"] == {"column": "Visits"}
    assert run.mapping["fields"]["source"] == {"constant": "Fair"}
    assert "fact.title" not in run.mapping["fields"]
    assert run.mapping["ignored"] == ["Job title"]
    saved = SavedMapping.objects.get()
    assert (saved.name, saved.document["source_system"], saved.saved_by) == ("People", "fair", anna)
    other = uploaded(client)
    shown = client.get(reverse("import-mapping", args=[other.public_id]), {"saved": saved.pk})
    assert 'value="fair"' in shown.content.decode()


def test_gaps_are_said_and_what_was_typed_stays(client, anna):
    run = uploaded(client)
    data = on_the_page(run) | {"target-0": "", "target-1": "", "zone": "Mars", "name": "Kept"}
    answer = send(client, "import-mapping", run, **data)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "is no time zone" in shown
    assert 'value="Kept"' in shown
    assert 'value="Mars"' in shown
    run.refresh_from_db()
    assert run.state == "uploaded"


def test_words_that_nobody_mapped_are_listed_to_be_mapped(client, anna):
    content = lines("Id,Lead,Disposition,Stage", "1,L1,Qualified,Won", "2,L2,Maybe,Won").encode()
    run = uploaded(client, content, kind="handoffs")
    shown = page(client, "import-mapping", run).content.decode()
    assert "Maybe = ?" in shown
    data = on_the_page(run) | {"values-disposition": "Qualified = accepted\nMaybe ="}
    send(client, "import-mapping", run, **data)
    run.refresh_from_db()
    assert run.mapping["fields"]["disposition"]["values"] == {
        "Qualified": "accepted",
        "Maybe": None,
    }
    assert run.checked["refused"] == 0
    bad = send(client, "import-mapping", run, **data | {"values-disposition": "no mark"})
    assert bad.status_code == 422
    assert "write it as word = code" in bad.content.decode()


def test_the_mapping_can_be_written_as_json(client, anna):
    run = uploaded(client)
    answer = send(client, "import-mapping", run, act="json", json="{")
    assert answer.status_code == 422
    assert "is not JSON" in answer.content.decode()
    text = (
        '{"kind":"leads","name":"J","source_system":"j","fields":{"external_id":{"column":"Id"}}}'
    )
    assert send(client, "import-mapping", run, act="json", json=text).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.mapping["source_system"]) == ("checked", "j")


@pytest.mark.parametrize("document", [LEADS, HANDOFFS])
def test_what_the_page_cannot_show_stays_as_it_was(document):
    """Fields from several columns, or several from one, survive the page untouched."""
    header = (LEADS_HEADER if document is LEADS else HANDOFFS_HEADER).split(",")
    rich = {**document, "fields": {**document["fields"]}}
    rich["fields"]["term"] = {"first_of": [header[1], header[0]]}
    rich["fields"]["content"] = {"join": [header[3], header[0]], "separator": "/"}
    text = lines(",".join(header), ",".join("x" for _ in header))
    run = upload(text, rich)
    posted, problems = sheet.posted_document(run.mapping, header, on_the_page(run))
    assert problems == []
    before, after = read_mapping(rich).fields, read_mapping(posted).fields
    assert after == before


def test_progress_survives_a_reload_and_says_when_it_is_over(client, anna):
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(30)), LEADS, by=anna))
    assert services.run_import(run_id=run.pk, clock=lambda: AT, until=AT, batch=10)
    shown = page(client, "import", run).content.decode()
    assert "10 of 30" in " ".join(shown.split())
    assert '<meta http-equiv="refresh"' in shown
    assert "style=" not in shown
    part = page(client, "import-progress", run, headers={"HX-Request": "true"})
    assert "10 of 30" in part.content.decode()
    assert "HX-Refresh" not in part.headers
    assert page(client, "import-progress", run).url == run.get_absolute_url()
    send(client, "import-cancel", run)
    over = page(client, "import-progress", run, headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    assert "Cancelled" in page(client, "import", run).content.decode()
    assert send(client, "import-cancel", run).status_code == 409


def test_rejected_rows_are_shown_and_downloaded(client, anna):
    run = bring(lines(LEADS_HEADER, *lead_rows(2), "L9,no address,,,,,"), LEADS, by=anna)
    assert "no address" in page(client, "import", run).content.decode()
    answer = page(client, "import-rejected", run)
    text = b"".join(answer.streaming_content).decode()
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "L9,no address" in text
    assert "L1," not in text


@pytest.mark.parametrize("role", ["sdr", "account_executive", "sales_lead", "leadership"])
def test_it_is_marketing_s_page(client, role):
    run = upload(lines(LEADS_HEADER, *lead_rows(1)), LEADS)
    client.force_login(make_user(role=role))
    for name, arguments in (
        ("imports", None),
        ("import-new", None),
        ("import", run),
        ("import-rejected", run),
    ):
        assert page(client, name, arguments).status_code == 404
    assert send(client, "import-start", run).status_code == 404


def test_the_list_costs_the_same_for_one_import_and_for_forty(client, anna):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert page(client, "imports").status_code == 200
        return len(seen)

    upload(lines(LEADS_HEADER, *lead_rows(1)), LEADS, by=anna)
    page(client, "imports")
    few = queries()
    for _ in range(39):
        upload(lines(LEADS_HEADER, *lead_rows(1)), LEADS, by=make_user(role="marketing"))
    assert queries() == few
