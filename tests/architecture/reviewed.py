"""Rejection reviews of the world that the guards of every address visit."""

from datetime import timedelta

from leads.dispositions.models import Disposition
from portal.accounts.models import User
from scoring.reviewing.models import RejectionReview, ReviewedHandoff
from scoring.reviewing.services import start_review
from tests.architecture.world import World


def reviewed(world: World) -> RejectionReview:
    """Return the review over one rejected handoff of the world's team."""
    title = f"Rejections of {world.name}"
    found = RejectionReview.objects.filter(title=title).first()
    return found or _begun(world, title, world.reject(world.hand_over(1)))


def _begun(world: World, title: str, rejections: list[Disposition]) -> RejectionReview:
    rows = Disposition.objects.filter(pk__in=[one.pk for one in rejections])
    return start_review(
        rows, title=title, query="", is_apart=False, by=world.marketing, at=world.at
    )


def place_in(world: World) -> int:
    """Return the place of that handoff: the team's number, so that two worlds share none."""
    reviewed(world).handoffs.update(place=world.team.pk)
    return world.team.pk


def held(world: World, user: User, count: int) -> None:
    """Have so many reviews begun, each over the same rejection."""
    rejections = world.reject(world.hand_over(1))
    for _ in range(count):
        world.at += timedelta(seconds=1)
        _begun(world, f"Review {world.number()}", rejections)


def in_review(world: World, user: User, count: int) -> None:
    """Add so many rejections to the review."""
    review = reviewed(world)
    first = review.handoffs.count() + 1
    ReviewedHandoff.objects.bulk_create(
        ReviewedHandoff(review=review, place=place, disposition=one)
        for place, one in enumerate(world.reject(world.hand_over(count)), start=first)
    )
