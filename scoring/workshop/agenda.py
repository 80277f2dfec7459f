"""What a review of a definition talks about, drawn from what sales said since the last one."""

from collections.abc import Iterator, Sequence

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from leads.dispositions.models import Disposition, Outcome, Reason
from leads.handoffs.models import Handoff
from portal.agreements.addresses import address
from portal.agreements.agenda import AgendaAsk, AgendaItem
from portal.agreements.models import Version
from portal.core.intervals import ENOUGH, wilson
from scoring.definitions.services import KIND
from scoring.feedback.counts import rule_counts
from scoring.feedback.decided import APART, read_decided
from scoring.feedback.models import Amendment, DecidedHandoff
from scoring.feedback.words import title_of
from scoring.reviewing.models import RejectionReview, ReviewedHandoff, Vote

TOP = 3
SIDES = 2
WORTH_A_WORD = 0.15  # how far a rule's lift is from 1 before a review hears of it


def agenda(ask: AgendaAsk) -> Sequence[AgendaItem]:
    """Return acceptance, reasons, rules, what was reviewed and proposed, what drafts have open."""
    if ask.agreement.kind != KIND:
        return []
    rows = Disposition.objects.standing().filter(
        decided_at__gt=ask.since,
        decided_at__lte=ask.at,
        handoff__in=Handoff.objects.visible_to(ask.reader).values("pk"),
    )
    return [
        *_acceptance(rows), *_reasons(rows), *_rules(ask), *_reviews(ask), *_amendments(ask),
        *_drafts(ask),
    ]  # fmt: skip


def _acceptance(rows: QuerySet[Disposition]) -> Iterator[AgendaItem]:
    judged = rows.exclude(reason__effect__in=APART)
    said = judged.aggregate(n=Count("pk"), yes=Count("pk", filter=Q(outcome=Outcome.ACCEPTED)))
    share = wilson(said["yes"], said["n"])
    if share is None:
        sentence = _("Nothing was decided since.")
    elif said["n"] < ENOUGH:
        sentence = _("Sales accepted %(yes)d of %(n)d handoffs: too little data for a rate.") % said
    else:
        sentence = _(
            "Sales accepted %(yes)d of %(n)d handoffs, %(share)d %% (%(low)d to %(high)d %%)."
        ) % {
            **said,
            "share": round(share.value * 100),
            "low": round(share.low * 100),
            "high": round(share.high * 100),
        }
    yield AgendaItem(_("What sales said"), sentence, reverse("rejections"))


def _reasons(rows: QuerySet[Disposition]) -> Iterator[AgendaItem]:
    counted = rows.filter(outcome=Outcome.REJECTED).values_list("reason").annotate(n=Count("pk"))
    top = list(counted.order_by("-n", "reason")[:TOP])
    if top:
        labels = dict(
            Reason.objects.filter(pk__in=[one for one, _n in top]).values_list("pk", "label")
        )
        words = ", ".join(f"{labels.get(reason, reason)} ({n})" for reason, n in top)
        sentence = _("The commonest reasons: %s.") % words
        yield AgendaItem(_("Why sales said no"), sentence, reverse("rejections"))


def _rules(ask: AgendaAsk) -> Iterator[AgendaItem]:
    rows = DecidedHandoff.objects.visible_to(ask.reader).filter(
        decided__gt=int(ask.since.timestamp()), decided__lte=int(ask.at.timestamp())
    )
    for rule in rule_counts(read_decided(rows), {})[:TOP]:
        lift = rule.lift
        if lift is None or abs(lift.value - 1) < WORTH_A_WORD:
            continue
        sentence = _(
            "Accepted %(lift).2f times as often with “%(name)s” as without "
            "(%(low).2f to %(high).2f; n = %(with)d and %(without)d)."
        ) % {
            "lift": lift.value,
            "low": lift.low,
            "high": lift.high,
            "name": rule.name,
            "with": rule.fired,
            "without": rule.others,
        }
        yield AgendaItem(_("A rule that stands out"), sentence, reverse("rejections"))


def _reviews(ask: AgendaAsk) -> Iterator[AgendaItem]:
    """Tell of rejection reviews that ended since, and of those that both sides have not ended."""
    over = Q(ended_at__gt=ask.since, ended_at__lte=ask.at)
    rows = RejectionReview.objects.filter(over | Q(ended_at=None), started_at__lte=ask.at)
    newest = list(rows.order_by("-started_at", "-pk")[:TOP])
    votes = (
        ReviewedHandoff.objects.visible_to(ask.reader)
        .filter(review__in=newest)
        .annotate(n=Count("votes"), right=Count("votes", filter=Q(votes__call=Vote.Call.RIGHT)))
        .values_list("review", "n", "right")
    )
    found = list(votes)
    for one in newest:
        mine = [(n, right) for review, n, right in found if review == one.pk]
        words = {
            "title": one.title, "n": len(mine), "both": sum(n == SIDES for n, _right in mine),
            "apart": sum(n == SIDES and right == 1 for n, right in mine),
        }  # fmt: skip
        if one.ended_at is None:
            sentence = _("“%(title)s” is not ended: both sides voted on %(both)d of %(n)d.")
        else:
            sentence = _(
                "“%(title)s”: both sides voted on %(both)d of %(n)d rejections and differ on "
                "%(apart)d. The minutes say what follows."
            )
        yield AgendaItem(_("A rejection review"), sentence % words, one.get_absolute_url())


def _amendments(ask: AgendaAsk) -> Iterator[AgendaItem]:
    rows = list(Amendment.objects.open().filter(version__agreement=ask.agreement)[:TOP])
    if rows:
        words = "; ".join(title_of(one) for one in rows)
        sentence = _("The numbers propose: %s.") % words
        yield AgendaItem(_("Amendments wait"), sentence, reverse("amendments"))


def _drafts(ask: AgendaAsk) -> Iterator[AgendaItem]:
    drafts = Version.objects.drafts().filter(agreement=ask.agreement).select_related("agreement")
    talked = drafts.annotate(
        talk=Count("comments", filter=Q(comments__parent=None, comments__resolved_at=None))
    )
    for draft in talked.order_by("-number")[:TOP]:
        sentence = _(
            "Version %(number)d is a draft at revision %(revision)d; open comments: %(n)d."
        )
        words = {"number": draft.number, "revision": draft.revision, "n": draft.talk}
        yield AgendaItem(_("A draft is open"), sentence % words, address(draft))
