"""What is kept for a while only goes away, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.core.models import IdempotentAnswer, RateCount
from portal.core.tasks import forget_old
from portal.core.throttle import count_knock

pytestmark = pytest.mark.django_db


def test_old_answers_and_counts_are_forgotten() -> None:
    now = timezone.now()
    for key, age in {"old": timedelta(hours=25), "new": timedelta(hours=23)}.items():
        IdempotentAnswer.objects.create(
            caller="key:1", key=key, request_sha256="0" * 64, status=200, body={}, at=now - age
        )
    count_knock("api:1", at=now - timedelta(hours=2))
    count_knock("api:2", at=now)
    forget_old()
    assert [row.key for row in IdempotentAnswer.objects.all()] == ["new"]
    assert [row.key for row in RateCount.objects.all()] == ["api:2"]


def test_each_knock_has_its_own_number() -> None:
    at = timezone.now().replace(second=0)
    assert [count_knock("api:1", at=at) for _ in range(3)] == [1, 2, 3]
    assert count_knock("api:2", at=at) == 1
    assert count_knock("api:1", at=at + timedelta(minutes=1)) == 1
