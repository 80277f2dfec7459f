"""A day's decisions beside the queue: the newest few, all of them on demand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.dispositions.models import Reason
from leads.dispositions.services import accept, reject

pytestmark = pytest.mark.django_db


def test_a_long_days_decisions_are_few_beside_the_queue_and_all_on_demand(
    scene, sofia, client
) -> None:
    waits = scene.handoff(sofia)
    spam = Reason.objects.get(pk="spam")
    for _n in range(6):
        accept(handoff=scene.handoff(sofia), by=sofia, at=scene.at)
    for _n in range(5):
        reject(handoff=scene.handoff(sofia), reason=spam, by=sofia, at=scene.at)
    page = client.get(waits.get_absolute_url())
    assert len(page.context["recent"]) == 8
    assert page.context["decided"] == "11"
    assert "All 11 of today" in page.content.decode()
    client.get(reverse("desk"))  # opens what waits: holding it is not what is counted
    with CaptureQueriesContext(connection) as asked:
        whole = client.get(reverse("desk"), {"today": ""})
    single = [one["sql"] for one in asked if "LIMIT 21" in one["sql"]]  # fetched one by one
    assert len(single) <= 4, "\n".join(single)
    assert len(whole.context["recent"]) == 11
    text = whole.content.decode()
    assert text.count("Undo the decision on") == 11
    assert "of today</a>" not in text
