"""Telling people what becomes of agreements: who is named, who is asked to sign, what was said."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.models import SIGNS_FOR, Role, User
from portal.agreements.addresses import address
from portal.agreements.cadence import WRITERS
from portal.agreements.cadence_models import Review
from portal.agreements.models import Comment, Override, Version
from portal.agreements.ordering import may_agree
from portal.agreements.ordering_models import Ordering
from portal.agreements.registry import pages_of
from portal.agreements.services import EDITORS
from portal.events.models import Event
from portal.notifications.services import News, tell_each


def tell_of_talk(events: Sequence[Event], at: datetime) -> None:
    """``agreement.commented``: tell who is named with an @, and who asked what is answered."""
    ids = [event.payload.get("comment") for event in events]
    rows = Comment.objects.select_related("author", "parent", "version__agreement").in_bulk(ids)
    news = []
    for event in events:
        said = rows.get(event.payload.get("comment"))
        if said is None:
            continue
        named = set(event.payload.get("mentions", ()))
        answered = {said.parent.author_id} - {said.author_id} - named if said.parent else set()
        for user_id in sorted(named | answered):
            words = _("%(who)s answers you: %(text)s") if user_id in answered else _spoken(said)
            news.append(
                News(
                    user_id=user_id,
                    kind="agreement",
                    key=f"comment:{said.pk}",
                    text=words % {"who": said.author, "text": said.text},
                    url=f"{address(said.version, 'talk')}#comment-{said.parent_id or said.pk}",
                )
            )
    tell_each(news, at=at)


def _spoken(said: Comment) -> str:
    if said.is_question:
        return _("%(who)s asks you: %(text)s")
    return _("%(who)s named you: %(text)s")


def tell_signers(events: Sequence[Event], at: datetime) -> None:
    """``agreement.proposed``: ask who may sign; not who proposed."""
    people = list(User.objects.filter(role__in=SIGNS_FOR, is_active=True))
    words = _("%(who)s proposed %(name)s v%(number)d for signature. Read it, then sign or decline.")
    tell_each(_news(events, people, words, only="proposed"), at=at)


def tell_of_decline(events: Sequence[Event], at: datetime) -> None:
    """``agreement.declined``: tell who proposed, and who writes agreements."""
    people = list(User.objects.filter(role__in=EDITORS, is_active=True))
    words = _("%(who)s declined %(name)s v%(number)d; the words stand on the draft.")
    tell_each(_news(events, people, words, act="talk"), at=at)


def tell_of_override(events: Sequence[Event], at: datetime) -> None:
    """``agreement.overridden``: tell both sides; everybody sees the banner besides."""
    running = {one.pk: one for one in Override.objects.filter(ends_at__gt=at)}
    events = [event for event in events if event.payload.get("override") in running]
    people = list(User.objects.filter(role__in=[*EDITORS, Role.LEADERSHIP], is_active=True))
    words = _("%(who)s put %(name)s v%(number)d in force for a while, without both signatures.")
    tell_each(_news(events, people, words), at=at)


def tell_of_order(events: Sequence[Event], at: datetime) -> None:
    """``agreement.order_asked``: ask the other side, and leadership, while nobody has answered."""
    ids = [event.payload.get("ordering") for event in events]
    asked = Ordering.objects.filter(answered_at=None).select_related("asked_by").in_bulk(ids)
    roles = [*SIGNS_FOR, Role.LEADERSHIP]
    people = list(User.objects.filter(role__in=roles, is_active=True))
    tell_each(
        [
            News(
                user_id=person.pk,
                kind="agreement",
                key=f"ordering:{one.pk}",
                text=_("%(who)s asks for another order of segments: %(text)s")
                % {"who": one.asked_by, "text": one.words},
                url=reverse(pages_of(one.kind).segments_name),
            )
            for one in asked.values()
            for person in people
            if may_agree(one, person)
        ],
        at=at,
    )


def tell_of_review(events: Sequence[Event], at: datetime) -> None:
    """``review.due`` and ``review.overdue``: tell who holds reviews, while it is still open."""
    rows = Review.objects.filter(held_at=None).select_related("agreement")
    found = rows.in_bulk([event.subject_id for event in events])
    people = list(User.objects.filter(role__in=WRITERS, is_active=True))
    tell_each(
        [
            News(
                user_id=person.pk,
                kind="agreement",
                key=f"{event.kind}:{event.subject_id}",
                text=_review_words(event.kind)
                % {
                    "rhythm": found[event.subject_id].get_rhythm_display(),
                    "name": found[event.subject_id].agreement.name,
                },
                url=reverse("review", args=[event.subject_id]),
            )
            for event in events
            if event.subject_id in found
            for person in people
        ],
        at=at,
    )


def _review_words(kind: str) -> str:
    if kind == "review.overdue":
        return _("%(rhythm)s of %(name)s is overdue. Hold it, or say in its minutes why not.")
    return _("%(rhythm)s of %(name)s is due within three days. The agenda is ready.")


def _news(
    events: Iterable[Event], people: Iterable[User], words: str, *, only: str = "", act: str = ""
) -> Iterator[News]:
    events, people = list(events), list(people)
    ids = [event.subject_id for event in events]
    versions = Version.objects.select_related("agreement").in_bulk(ids)
    for event in events:
        version = versions.get(event.subject_id)
        if version is None or (only and version.state != only):
            continue
        named = {"name": version.agreement.name, "number": version.number, "who": event.actor}
        for person in people:
            if person.pk != event.actor_id:
                key = f"agreement:{event.pk}"
                url = address(version, act)
                yield News(person.pk, "agreement", key, words % named, url)
