"""Rows for the lists: each function adds so many that the given person sees in one list."""

from datetime import date, timedelta

from leads.database.models import Lead, Spend, Stage, VisitorCount
from leads.database.notes import add_note
from leads.database.sources import campaigns_named, sources_named
from leads.dispositions import appeals
from leads.dispositions.models import Appeal
from leads.dispositions.services import log_touch
from leads.handoffs.models import Handoff, Origin, Release
from leads.handoffs.services import NewRelease, queue_releases
from leads.imports.models import RejectedRow
from leads.meetings.models import Meeting
from leads.meetings.services import book
from leads.nurture.services import start_nurture
from leads.tasks.services import NewFollowUp, create_follow_ups
from portal.accounts.models import Role, User
from portal.agreements.cadence import decide, hold
from portal.agreements.cadence_models import Review
from portal.agreements.models import Clause
from portal.agreements.services import give_up_draft, propose, sign
from portal.notifications.services import News, tell_each
from scoring.feedback.models import Amendment
from sla.breaches.services import find_breaches
from tests.architecture.world import World
from tests.factories import make_handoff, make_source, make_user, set_stage


def handoffs(world: World, user: User, count: int) -> list[Handoff]:
    """Hand so many over; to show an account executive them, they are accepted."""
    made = world.hand_over(count)
    if user.role == Role.ACCOUNT_EXECUTIVE:
        world.accept(made)
    return made


def breached(world: World, user: User, count: int) -> None:
    """Hand so many over and let their clocks run out."""
    handoffs(world, user, count)
    find_breaches(at=world.at + timedelta(days=30), limit=1000)


def visitors(world: World, user: User, count: int) -> None:
    """Visitors of so many months, each of a source."""
    there = VisitorCount.objects.count()
    for n in range(there, there + count):
        month = date(2020 + n // 12, 1 + n % 12, 1)
        VisitorCount.objects.create(month=month, source=make_source(f"Source {n}"), visitors=n)


def late_handoffs(world: World, user: User, count: int) -> None:
    """Hand so many over whose time is up."""
    ids = [one.pk for one in world.hand_over(count)]
    Handoff.objects.filter(pk__in=ids).update(due_at=world.at - timedelta(hours=1))


def members(world: World, user: User, count: int) -> None:
    for _ in range(count):
        make_user(name=f"SDR {world.number()}", team=world.team)


def left_behind(world: World, user: User, count: int) -> None:
    """Let somebody leave who had so many SQLs, with a follow-up for each."""
    gone = make_user(role=Role.ACCOUNT_EXECUTIVE, team=world.team)
    ids = world.make_leads(count)
    for lead in Lead.objects.filter(pk__in=ids):
        set_stage(lead, Stage.SQL, at=world.at)
    Lead.objects.filter(pk__in=ids).update(owner=gone)
    due = world.at + timedelta(days=1)
    items = [NewFollowUp(pk, gone.pk, due, "Call again", world.number()) for pk in ids]
    create_follow_ups(items, by=world.marketing, at=world.at)
    User.objects.filter(pk=gone.pk).update(is_active=False)


def of_the_company(world: World, user: User, count: int) -> None:
    company = world.lead.company
    assert company is not None
    made = world.hand_over(count, company=company.name)
    if user.role == Role.ACCOUNT_EXECUTIVE:
        world.accept(made)


def rejected(world: World, user: User, count: int) -> None:
    world.reject(world.hand_over(count))


def contested(world: World, user: User, count: int) -> list[Appeal]:
    """Reject so many, and let marketing contest each."""
    rejections = world.reject(world.hand_over(count))
    return [
        appeals.contest(disposition=one, by=world.marketing, words="Look again.", at=world.at)
        for one in rejections
    ]


def answered(world: World, user: User, count: int) -> None:
    """Answer so many appeals, every other one granted."""
    for number, one in enumerate(contested(world, user, count)):
        appeals.answer(
            appeal=one,
            by=world.people["sales_lead"],
            at=world.at,
            is_granted=number % 2 == 1,
            words="We looked.",
        )


def to_mend(world: World, user: User, count: int) -> None:
    world.reject(world.hand_over(count), code="bad_contact_data")


def in_nurture(world: World, user: User, count: int) -> None:
    ids = world.make_leads(count)
    for lead in Lead.objects.filter(pk__in=ids):
        set_stage(lead, Stage.MQL, at=world.at)
    world.visit(ids, at=world.at)
    start_nurture(ids, at=world.at)


def waiting_for_release(world: World, user: User, count: int) -> None:
    ids = world.make_leads(count)
    items = [NewRelease(pk, Release.Cause.IMPORT, "sales_ready", 70) for pk in ids]
    queue_releases(items, at=world.at)


def spend(world: World, user: User, count: int) -> None:
    names = [world.number() for _ in range(count)]
    sources = sources_named(names).values()
    campaigns = campaigns_named([(source, "Spring") for source in sources])
    Spend.objects.bulk_create(
        Spend(
            day=world.at.date(),
            source_id=source,
            campaign=campaign,
            amount=10,
            currency="EUR",
            external_key=world.number(),
        )
        for (source, _), campaign in campaigns.items()
    )


def on_the_lead(world: World, user: User, count: int) -> None:
    """Let one lead do more, be written about, asked about and remembered more."""
    _on(world.lead, world, user, count)


def on_the_handoff(world: World, user: User, count: int) -> None:
    _on(world.handoff.lead, world, user, count)


def _on(lead: Lead, world: World, user: User, count: int) -> None:
    world.visit([lead.pk], at=world.at, days=count)
    for number in range(count):
        at = world.at - timedelta(days=number)
        call = {"kind": "call_outbound", "outcome": "reached", "note": "Rang."}
        log_touch(lead=lead, handoff=None, by=world.sdr, at=world.at, occurred_at=at, **call)
        for is_question in (False, True):
            add_note(
                lead=lead, text=f"Note {number}", is_question=is_question, by=user, at=world.at
            )
        make_handoff(lead, at=at - timedelta(days=30), origin=Origin.IMPORTED, owner=world.sdr)


def follow_ups(world: World, user: User, count: int) -> None:
    due = world.at + timedelta(days=1)
    items = [
        NewFollowUp(pk, user.pk, due, "Call again", world.number())
        for pk in world.make_leads(count)
    ]
    create_follow_ups(items, by=world.marketing, at=world.at)


def meetings(world: World, user: User, count: int) -> None:
    """Book so many for them, to come one after the other, and let as many be over."""
    leads = Lead.objects.in_bulk(world.make_leads(2 * count))
    made = [
        book(
            lead=lead,
            handoff=None,
            host=user,
            starts_at=world.at + timedelta(hours=number + 1),
            minutes=30,
            subject=f"Meeting {world.number()}",
            by=user,
            at=world.at,
            overlaps=True,
        )
        for number, lead in enumerate(leads.values())
    ]
    for one in made[:count]:
        Meeting.objects.filter(pk=one.pk).update(starts_at=world.at - timedelta(hours=2))


def notifications(world: World, user: User, count: int) -> None:
    number = world.number
    tell_each((News(user.pk, "test", number(), "Look", "/") for _ in range(count)), at=world.at)


def imports(world: World, user: User, count: int) -> None:
    for _ in range(count):
        world.upload()


def rejected_rows(world: World, user: User, count: int) -> None:
    run = world.finished_import
    first = run.rejected_rows.count() + 10
    RejectedRow.objects.bulk_create(
        RejectedRow(run=run, number=number, cells=["x", "y"], reasons=["No address."])
        for number in range(first, first + count)
    )


def definitions(world: World, user: User, count: int) -> None:
    _versions(world, "definition", count)


def terms(world: World, user: User, count: int) -> None:
    _versions(world, "terms", count)


def _versions(world: World, kind: str, count: int) -> None:
    """Add so many drafts, proposals that one side has signed, versions, and drafts given up."""
    for _ in range(count):
        world.draft(kind)
        give_up_draft(version=world.draft(kind), by=world.marketing, at=world.at)
        for signers in ([world.marketing], [world.marketing, world.people["sales_lead"]]):
            draft = world.draft(kind)
            draft.clauses.update(rationale=f"Another reason, {world.number()}")
            version = propose(version=draft, by=world.marketing, at=world.at)
            for signer in signers:
                sign(version=version, sha256=version.sha256, by=signer, at=world.at)


def reviews(world: World, user: User, count: int) -> None:
    """Hold so many check-ins; each makes the next."""
    for _ in range(count):
        review = (
            world.review
            if world.review.held_at is None
            else Review.objects.filter(
                held_at=None, rhythm=world.review.rhythm, agreement=world.review.agreement
            ).get()
        )
        decide(review=review, text="Go on", by=world.marketing, at=world.at)
        hold(review=review, agenda=[], by=world.marketing, at=world.at)
        world.review.refresh_from_db()


def rules(world: World, user: User, count: int) -> None:
    _clauses(world, "definition", "rule", count)


def promises(world: World, user: User, count: int) -> None:
    _clauses(world, "terms", "promise", count)


def _clauses(world: World, kind: str, clause_kind: str, count: int) -> None:
    """Write so many more clauses like one that is there."""
    version = world.drafts[kind]
    like = version.clauses.filter(kind=clause_kind).order_by("pk")[0]
    Clause.objects.bulk_create(
        Clause(
            version=version,
            key=world.number().replace("-", "_"),
            kind=clause_kind,
            position=like.position,
            body=like.body,
            changed_by=world.marketing,
            changed_at=world.at,
        )
        for _ in range(count)
    )


def amendments(world: World, user: User, count: int) -> list[Amendment]:
    """Have the numbers propose so many changes of the definition in force."""
    rule = {"name": "Read a case study", "points": "10"}
    odds = {"fired": 90, "fired_accepted": 20, "others": 90, "others_accepted": 60,
            "odds": [0.4, 0.3, 0.6]}  # fmt: skip
    return Amendment.objects.bulk_create(
        Amendment(
            version=world.signed["definition"], kind="points", clause_kind="rule",
            key=world.number(), was=rule, body=rule | {"points": "5"}, argument=odds, n=90,
            proposed_at=world.at, seen_at=world.at,
        )
        for _ in range(count)
    )  # fmt: skip


def answered_amendments(world: World, user: User, count: int) -> None:
    ids = [one.pk for one in amendments(world, user, count)]
    Amendment.objects.filter(pk__in=ids).update(
        state="drafted",
        answered_by=world.marketing,
        answered_at=world.at,
        draft=world.drafts["definition"],
    )
