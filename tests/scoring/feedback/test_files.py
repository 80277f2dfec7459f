"""Every learning page can be taken along as a file: what is shown, with nothing that runs."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name",
    ["scoring", "scoring-together", "scoring-drift", "causes", "reason-quality", "rejections",
     "rejected-leads"],
)  # fmt: skip
def test_each_page_can_be_taken_along_as_it_is(client, marketing, decided, name) -> None:
    for _ in range(35):
        decided(["pricing_page", "case_study"], source="=cmd()")
        decided(["demo_request"], reason="wrong_industry", needs=["demo_request"])
    client.force_login(marketing)
    address, asked = reverse(name), {"since": "2020-01-01", "file": "csv"}
    answer = client.get(address, asked)
    assert answer["Content-Type"].startswith("text/csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) > 3
    assert not [line for line in lines if line.startswith("=")]
    assert not [line for line in lines if ",=cmd" in line], "no cell runs as a formula"
    book = load_workbook(BytesIO(b"".join(client.get(address, {**asked, "file": "xlsx"}))))
    assert book.worksheets[0].max_row > 1
    page = client.get(address, {"since": "2020-01-01"}).content.decode()
    assert "file=csv" in page
    nothing = client.get(address, {"since": "2020-01-01", "file": "exe"})
    assert nothing["Content-Type"].startswith("text/html")
