"""The watch over reviews: one that should have been held."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy, ngettext

from portal.agreements.cadence_models import Review, Rhythm
from portal.core.sightings import Figures, Limits, Sighting, Watch


def find(at: datetime, limits: Limits) -> Sequence[Sighting]:
    """See each review that is overdue for ``limit`` days or longer, at most ``of`` of them."""
    late = Review.objects.filter(held_at=None, due_at__lte=at - timedelta(days=limits.limit))
    rows = late.select_related("agreement").order_by("due_at", "pk")[: limits.of]
    return [
        Sighting(
            f"review:{row.pk}",
            {
                "review": row.pk,
                "rhythm": row.rhythm,
                "agreement": row.agreement.name,
                "due": row.due_at.isoformat(),
                "days": (at - row.due_at).days,
            },
        )
        for row in rows
    ]


def says(figures: Figures) -> str:
    """Put the figures into a sentence."""
    said = ngettext(
        "%(rhythm)s of “%(agreement)s” has been overdue for %(days)d day, since %(day)s.",
        "%(rhythm)s of “%(agreement)s” has been overdue for %(days)d days, since %(day)s.",
        figures["days"],
    )
    due = localtime(datetime.fromisoformat(figures["due"]))
    return said % {
        "rhythm": Rhythm(figures["rhythm"]).label,
        "agreement": figures["agreement"],
        "days": figures["days"],
        "day": date_format(due, "j F Y"),
    }


REVIEW_OVERDUE = Watch(
    key="review_overdue",
    title=gettext_lazy("A review is overdue"),
    find=find,
    says=says,
    todo=gettext_lazy("Meet, write minutes, and close it: the next one is due by itself."),
    url=lambda figures: reverse("review", args=[figures["review"]]),
    default=Limits(limit=1, of=50),
    limit_means=gettext_lazy("days overdue"),
    of_means=gettext_lazy("reviews, at most"),
)
