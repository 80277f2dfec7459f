"""Parquet files from the page: whole, for who sees everything, and a word where they cannot be."""

from io import BytesIO

import pytest
from django.urls import reverse

from portal.core.reporting import VIEWS
from tests.factories import make_lead, make_user

pytestmark = pytest.mark.django_db


def test_each_view_is_a_file_of_what_stands_and_only_for_who_sees_everything(client):
    parquet = pytest.importorskip("pyarrow.parquet")
    leads = [make_lead() for _ in range(3)]
    client.force_login(make_user(role="marketing"))
    page = client.get(reverse("notebooks"))
    for view in VIEWS:
        address = reverse("notebook-file", args=[view.name])
        assert address.encode() in page.content
        answer = client.get(address)
        table = parquet.read_table(BytesIO(b"".join(answer.streaming_content)))
        assert table.column_names == [name for name, _sql in view.columns]
        assert f'filename="{view.name}.parquet"' in answer["Content-Disposition"]
        if view.name == "report_leads":
            assert sorted(table["lead_id"].to_pylist()) == sorted(one.pk for one in leads)
    assert client.get(reverse("notebook-file", args=["portal_user"])).status_code == 404
    for role in ("sdr", "sales_lead", "account_executive"):
        client.force_login(make_user(role=role))
        assert client.get(reverse("notebooks")).status_code == 404
        assert client.get(reverse("notebook-file", args=["report_leads"])).status_code == 404


def test_without_pyarrow_it_says_so(client, monkeypatch):
    monkeypatch.setattr("portal.dashboards.notebooks.find_spec", lambda name: None)
    client.force_login(make_user(role="leadership"))
    page = client.get(reverse("notebooks"))
    assert b"need pyarrow" in page.content
    assert b".parquet" not in page.content
    refused = client.get(reverse("notebook-file", args=["report_leads"]))
    assert refused.status_code == 409
    assert b"need pyarrow" in refused.content
