"""Making the demo company: about 2,500 leads, 30,000 activities and 90 days of handoffs."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random

from django.db import transaction
from django.utils import timezone

from leads.capture.models import CaptureForm
from leads.database.models import SavedView, Source, Spend
from leads.database.monthly import enter_sales_time, enter_visitors
from leads.database.sources import campaigns_named, sources_named
from portal.accounts.models import User
from portal.agreements.models import Version
from portal.agreements.services import propose, save_clause, sign, start_draft
from portal.core.sightings import HOURLY, NIGHTLY
from portal.demo import market
from portal.demo.agreed import hold_check_ins, talk_it_over
from portal.demo.deals import Deals
from portal.demo.people import Cast, hire
from portal.demo.replay import Replay, ticks_between
from portal.demo.reviewing import review_some
from portal.demo.sales import SalesFloor
from portal.demo.segments import sign_enterprise, try_the_draft
from portal.demo.story import cast_market
from portal.demo.talk import contest_some, meet_some
from portal.demo.team import set_up_team
from portal.demo.terms import close_holidays, keep_calendars, pause_and_excuse, promise_more
from portal.events.bells import held
from portal.events.models import Delivery
from portal.notifications.models import Notification
from portal.watches.models import Alert
from portal.watches.services import look, snooze
from scoring.definitions.services import seed_default
from scoring.feedback.services import learn_of_all
from sla.calendar.hours import WorkingCalendar
from sla.calendar.services import seed_calendars
from sla.terms.services import seed_default_terms

LEADS = 2500
BEFORE = timedelta(days=130)  # the oldest lead
DAYS = timedelta(days=90)  # since both sides signed
SECOND = timedelta(days=38)  # since version 2
SEED = 20260302
PUT_OFF = ("source_rejected", "mql_to_sql")  # of which the demo's marketing can put one off
OFFICE = WorkingCalendar("Europe/Berlin", {day: ((time(9), time(17)),) for day in range(5)})
Say = Callable[[str], None]


def make_demo(*, until: datetime, leads: int = LEADS, say: Say) -> None:
    """Make the company as of ``until``. Inputs are seeded; the product computes the rest."""
    until = until.replace(minute=0, second=0, microsecond=0)
    random = Random(SEED)  # noqa: S311 - a story, not a secret
    with held(), transaction.atomic():  # all of it or nothing: half a company is no demo
        start = until - DAYS
        cast = hire(at=until - BEFORE - timedelta(days=30))
        agree(cast, start)
        people, deeds = cast_market(random, number=leads, since=until - BEFORE, until=until)
        floor = SalesFloor(random, OFFICE)
        replay = Replay(people, deeds, floor, Deals(random, cast))
        replay.feed(start, history=True)
        say(f"{leads} people and {len(deeds)} things they did are ready.")
        live(replay, cast, ticks_between(random, start, until), say)
        replay.deals.talk(until)
        contest_some(cast, until)
        review_some(cast, until)
        meet_some(cast, OFFICE, until)
        set_up_team(cast, until)
        keep_calendars(cast, until)
        replay.follow(until)
        pause_and_excuse(cast, until)
        dress(cast, random, until)
        sign_enterprise(cast, until)
        replay.follow(until)
        learn_of_all(at=until)
        watch(cast, until)
        Delivery.objects.filter(state="pending").update(not_before=timezone.now())
    with held():
        try_the_draft(cast, until)  # reads what is stored by now, and keeps columns of it on disk


def agree(cast: Cast, start: datetime) -> None:
    """Both sides sign the definition and the SLA terms."""
    seed_calendars(by=cast.sales_lead, at=start)
    for seed in (seed_default, seed_default_terms):
        seed(by_marketing=cast.marketing_lead, by_sales=cast.sales_lead, at=start)
    close_holidays(cast, start, start + DAYS)


def live(replay: Replay, cast: Cast, ticks: Sequence[datetime], say: Say) -> None:
    """Live through the 90 days."""
    signed_second = False
    day = ticks[0].date()
    for at in ticks:
        if not signed_second and at >= ticks[-1] - SECOND:
            second_version(cast, at)
            promise_more(cast, at)
            signed_second = True
        replay.live_until(at)
        if at.date() != day and at.weekday() < 5:
            day = at.date()
            replay.deals.work(at)
            replay.release(4, cast.sales_lead, at)
            if day.day in {1, 15}:
                say(f"{day:%d %B} is over.")


def second_version(cast: Cast, at: datetime) -> None:
    """After two months both sides agree to pay for the size of a company, too."""
    first = Version.objects.of_kind("definition").get(number=1)
    note = "Companies of 100 to 1,000 people are accepted more often."
    draft = start_draft(
        agreement=first.agreement, by=cast.marketing_lead, at=at, based_on=first, note=note
    )
    save_clause(
        version=draft,
        key="mid_size",
        kind="rule",
        body={
            "group": "company",
            "name": "100 to 1,000 people",
            "points": "10",
            "signal": "none",
            "disqualifies": False,
            "type": "attribute",
            "when": {"field": "company_size", "op": "between", "value": [100, 1000]},
        },
        rationale=note,
        revision=None,
        by=cast.marketing_lead,
        at=at,
    )
    version = propose(version=draft, by=cast.marketing_lead, at=at)
    for signer in (cast.marketing_lead, cast.sales_lead):
        sign(version=version, sha256=version.sha256, by=signer, at=at)


def dress(cast: Cast, random: Random, until: datetime) -> None:
    """Everything around: forms, spend, a saved view, the next draft."""
    sources = sources_named(source[0] for source in market.SOURCES)
    _forms(sources["demo form"].pk, sources["white paper"].pk)
    for name, _share, campaigns, euros in market.SOURCES:
        if euros:
            _spend(random, sources[name.casefold()], campaigns, euros, until)
    for user in (cast.marketing_lead, *cast.marketing):
        query = "stage=mql&order=-rank"
        SavedView.objects.create(user=user, page="leads", name="MQLs, best first", query=query)
    figures(cast, random, until)
    read = Notification.objects.filter(at__lt=until - timedelta(days=1))
    read.update(read_at=until)
    draft = begin_third_version(cast.marketing[0], until)
    talk_it_over(cast, draft, until)
    hold_check_ins(cast, draft, until)


def watch(cast: Cast, until: datetime) -> None:
    """The watches have looked twice; marketing has put off the first thing that can wait."""
    for at in (until - timedelta(hours=2), until):
        for beat in (HOURLY, NIGHTLY):
            look(beat=beat, at=at)
    alert = Alert.objects.standing().filter(watch__in=PUT_OFF).order_by("pk").first()
    if alert is not None and Alert.objects.open(until).count() > 2:
        words = "The landing page is being rewritten; we look again when it is live."
        week = until + timedelta(days=7)
        snooze(alert=alert, until=week, words=words, by=cast.marketing_lead, at=until)


def figures(cast: Cast, random: Random, until: datetime) -> None:
    """Marketing enters what others count: visitors of each source, and hours of sales.

    The running month has no hours yet, so its cost per SQL says that it is incomplete.
    """
    months, month = [], (until - BEFORE).date().replace(day=1)
    while month <= until.date():
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    lines = [
        f"{month:%Y-%m}, {name}, {int(450 * share * random.randint(80, 120) / 100)}"
        for month in months
        for name, share, _campaigns, _euros in market.SOURCES
    ]
    enter_visitors(text="\n".join(lines), by=cast.marketing[0], at=until)
    hours = [f"{month:%Y-%m}, {random.randint(280, 340)}, 58.50" for month in months[:-1]]
    enter_sales_time(text="\n".join(hours), by=cast.marketing[0], at=until)


def begin_third_version(by: User, at: datetime) -> Version:
    """Somebody in marketing drafts what the rejections say; nobody has proposed it yet."""
    second = Version.objects.of_kind("definition").get(number=2)
    note = "Case studies draw readers, not buyers: see the rejections."
    draft = start_draft(agreement=second.agreement, by=by, at=at, based_on=second, note=note)
    rule = draft.clauses.get(key="case_study")
    save_clause(
        version=draft,
        key=rule.key,
        kind=rule.kind,
        body={**rule.body, "points": "5", "max_times": 2},
        rationale="Each one read is interest; sales accepts fewer of those who read.",
        position=rule.position,
        revision=rule.revision,
        by=by,
        at=at,
    )
    return draft


def _forms(demo_source: int, paper_source: int) -> None:
    consent = "I agree that Alignment demo stores my answers and contacts me about them."
    usual = {"consent_text": consent, "thanks": "Somebody will be in touch soon."}
    CaptureForm.objects.create(
        slug="demo",
        name="See it with your own numbers",
        intro="Thirty minutes, with your definition of a good lead.",
        button="Ask for a demo",
        activity="demo_request",
        source_id=demo_source,
        **usual,
    )
    CaptureForm.objects.create(
        slug="guide",
        name="Read the alignment handbook",
        intro="How forty teams agreed on what a qualified lead is.",
        button="Send me the handbook",
        activity="content_download",
        source_id=paper_source,
        **usual,
    )


def _spend(
    random: Random, source: Source, campaigns: tuple[str, ...], euros: int, until: datetime
) -> None:
    found = campaigns_named([(source, name) for name in campaigns])
    rows = []
    for campaign in found.values():
        for back in range(BEFORE.days):
            day = (until - timedelta(days=back)).date()
            amount = Decimal(euros) * Decimal(random.randint(60, 140)) / 100 / len(campaigns)
            key = sha256(f"{day}{campaign.pk}".encode()).hexdigest()
            rows.append(
                Spend(
                    day=day,
                    source=campaign.source,
                    campaign=campaign,
                    amount=amount.quantize(Decimal("0.01")),
                    currency="EUR",
                    clicks=random.randint(5, 90),
                    external_key=key,
                )
            )
    Spend.objects.bulk_create(rows, batch_size=500)
