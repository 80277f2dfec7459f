"""Two people at the same instant: merging each other's lead, and deciding the same handoffs."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.db import connection

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.database.models import Lead
from leads.dispositions import bulk
from leads.dispositions.bulk import Choice
from leads.dispositions.merging import gather, merge
from leads.dispositions.models import Disposition, Merge, Outcome
from leads.dispositions.services import accept
from leads.handoffs.models import Handoff
from portal.core.errors import DomainError
from tests.factories import make_handoff, make_lead, make_team, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Do all of them in threads that start together; return what each gave or was refused."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int) -> None:
        gate.wait()
        try:
            answers[place] = acts[place]()
        except DomainError as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert not any(one.is_alive() for one in threads), "they wait for each other"
    return answers


@pytest.mark.parametrize("turn", range(3))
def test_each_makes_the_other_stay(now, turn) -> None:
    first, second = make_lead(), make_lead()
    admin = make_user(role="admin")
    answers = at_once(
        [
            lambda: merge(kept=first, gone=second, by=admin, at=now),
            lambda: merge(kept=second, gone=first, by=admin, at=now),
        ]
    )
    assert Merge.objects.count() == 1
    assert sum(isinstance(one, DomainError) for one in answers) == 1
    assert Lead.objects.listed().count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_two_decide_the_same_ones_at_once_and_one_of_them_alone(now, turn) -> None:
    team = make_team(is_default=True)
    anna, ben = (make_user(role="sales_lead", team=team) for _ in range(2))
    make_user(role="account_executive")
    handoffs = [make_handoff(team=team, owner=anna) for _ in range(20)]
    ids, choice = [one.pk for one in handoffs], Choice(Outcome.ACCEPTED)
    at_once(
        [
            lambda: bulk.decide(ids, choice, by=anna, at=now),
            lambda: bulk.decide(ids[::-1], choice, by=ben, at=now),
            lambda: accept(handoff=handoffs[7], by=ben, at=now),
        ]
    )
    assert Disposition.objects.standing().count() == len(handoffs)
    assert not Handoff.objects.filter(is_decided=False).exists()


@pytest.mark.parametrize("turn", range(3))
def test_what_arrives_while_two_become_one_is_not_lost(now, turn) -> None:
    kept, gone = make_lead(), make_lead()
    admin = make_user(role="admin")
    visits = [ActivityInput(gone.pk, "page_view", now, f"visit-{n}") for n in range(5)]
    made, *_rest = at_once(
        [
            lambda: merge(kept=kept, gone=gone, by=admin, at=now),
            *(
                lambda one=one: record_activities([one], source="test", by=None, at=now)
                for one in visits
            ),
        ]
    )
    assert isinstance(made, Merge)
    gather(made, at=now + timedelta(seconds=10))
    assert Activity.objects.filter(lead=kept).count() == len(visits)
