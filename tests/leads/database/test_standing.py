"""Marks on score rows."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.database.models import StaleCause, Standing
from leads.database.standing import mark_stale_rows
from tests.factories import AT, make_lead

pytestmark = pytest.mark.django_db


@pytest.mark.postgres
def test_stale_marks_lock_their_rows_in_the_order_of_leads() -> None:
    leads = [make_lead() for _ in range(3)]
    with CaptureQueriesContext(connection) as asked:
        rows = Standing.objects.filter(pk__in=[one.pk for one in leads])
        assert mark_stale_rows(rows, cause=StaleCause.IMPORT, at=AT) == 3
    (statement,) = [query["sql"] for query in asked]
    assert re.search(r"IN \(SELECT U0.\"lead_id\" .* ORDER BY 1 ASC FOR NO KEY UPDATE", statement)
