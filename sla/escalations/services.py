"""Taking the steps that are due: each once, in sets, whenever the worker comes by."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from leads.handoffs.models import Handoff
from leads.routing.stepping_in import give_to_another, rest_members
from leads.tasks.services import NewFollowUp, create_follow_ups
from portal.core.bulk import update_rows
from portal.core.claims import claim
from portal.core.instants import whole_second
from portal.events.services import record_each
from portal.notifications.services import News, tell_each
from sla.clocks.models import Clock
from sla.escalations.models import Escalation, Outcome
from sla.escalations.recipients import Recipients
from sla.escalations.words import follow_up_words, news_of
from sla.terms.ladder import Act

BATCH = 200
ON_HOLD = timedelta(hours=1)  # a paused clock's steps look again then


@transaction.atomic
def take_steps(*, at: datetime, limit: int = BATCH) -> int:
    """Take up to ``limit`` steps that are due, the oldest first; return how many were looked at.

    Safe to run twice and two at once: a step is claimed, done and recorded (``clock.escalated``)
    in one transaction. What the promise no longer needs is marked so; what has to wait, for
    somebody's working hours or for who has the handoff on the desk, is put off. Statements do not
    grow with steps. Locks the steps, then the teams and handoffs of those that pass leads on.
    """
    at = whole_second(at)
    ids = claim(Escalation.objects.due(at).order_by("not_before", "pk"), limit=limit, taken_at=at)
    steps = list(
        Escalation.objects.filter(pk__in=ids)
        .select_related("breach", "clock__handoff__lead", "clock__handoff__owner")
        .order_by("due_at", "number", "pk")
    )
    if steps:
        _Taking(steps, at).run()
    return len(ids)


class _Taking:
    """One set of claimed steps: judge each, act in sets, write what became of them."""

    def __init__(self, steps: Sequence[Escalation], at: datetime) -> None:
        self.at = at
        self.steps = steps
        self.done: list[tuple[Escalation, list[int]]] = []
        self.news: list[News] = []
        self.follow_ups: list[NewFollowUp] = []
        self.recipients = Recipients(steps, at)

    def run(self) -> None:
        passing: list[Escalation] = []
        for step in self.steps:
            if step.is_over(self.at):
                step.outcome = Outcome.OVER
            elif step.clock.paused_at is not None and step.breach_id is None:
                self._put_off(step, self.at + ON_HOLD)
            elif step.act in {Act.WARN_OWNER, Act.TELL_MANAGER}:
                self._tell(step)
            elif step.act == Act.TASK:
                self._write_down(step)
            else:
                passing.append(step)
        self._step_in(passing)
        tell_each(self.news, at=self.at)
        create_follow_ups(self.follow_ups, by=None, at=self.at)
        self._save()

    def _tell(self, step: Escalation) -> None:
        people = self.recipients.of(step)
        if not people:
            step.outcome = Outcome.NOBODY
            return
        ready, waits_until = self.recipients.ready(step, people)
        self.news += [news_of(step, user) for user in ready]
        told = [user.pk for user in ready]
        step.told = [*step.told, *told]
        if waits_until is not None:
            self._put_off(step, waits_until)
        if told:
            self.done.append((step, told))

    def _write_down(self, step: Escalation) -> None:
        person = self.recipients.responsible(step)
        if person is None:
            step.outcome = Outcome.NOBODY
            return
        self.follow_ups.append(
            NewFollowUp(
                lead_id=step.clock.handoff.lead_id,
                assignee_id=person.pk,
                due_at=self.at,
                why=follow_up_words(step.clock, person),
                key=f"escalation:{step.pk}",
            )
        )
        self.done.append((step, [person.pk]))

    def _step_in(self, steps: Sequence[Escalation]) -> None:
        """Rest and reassign: these lock teams, so all of it is asked for at once."""
        wishes = {
            step.clock.handoff_id: person
            for step in steps
            if step.act == Act.REASSIGN and (person := self._to_relieve(step)) is not None
        }
        places = {
            (step.person_id, step.clock.handoff.team_id) for step in steps if step.act == Act.REST
        }
        known = {(user, team) for user, team in places if user is not None and team is not None}
        if known:
            rest_members(known, at=self.at)
        moved = give_to_another(wishes, at=self.at) if wishes else []
        owners = dict(Handoff.objects.filter(pk__in=moved).values_list("pk", "owner_id"))
        for step in steps:
            handoff = step.clock.handoff
            is_rest = step.act == Act.REST and (step.person_id, handoff.team_id) in known
            person = step.person_id if is_rest else owners.get(handoff.pk)
            if step.taken_at is None or step.outcome:
                continue
            if person is None or (step.act == Act.REST and not is_rest):
                step.outcome = Outcome.NOBODY
            else:
                self.done.append((step, [person]))

    def _to_relieve(self, step: Escalation) -> int | None:
        """Return whom to take the handoff from; None where it stays, with the reason marked."""
        handoff = step.clock.handoff
        if step.person_id is None or handoff.owner_id is None:
            step.outcome = Outcome.NOBODY
        elif handoff.owner_id != step.person_id:
            step.outcome = Outcome.OVER  # it has been passed on already
        elif handoff.held_until is not None and handoff.is_held(self.at):
            self._put_off(step, handoff.held_until)
        else:
            return step.person_id
        return None

    def _put_off(self, step: Escalation, until: datetime) -> None:
        step.taken_at, step.not_before = None, max(until, self.at + timedelta(seconds=1))

    def _save(self) -> None:
        for step in self.steps:
            if step.taken_at is not None and not step.outcome:
                step.outcome = Outcome.DONE
        update_rows(
            Escalation,
            [
                {
                    "id": step.pk,
                    "taken_at": step.taken_at,
                    "not_before": step.not_before,
                    "outcome": step.outcome,
                    "told": step.told,
                }
                for step in self.steps
            ],
            key="id",
        )
        record_each(
            "clock.escalated",
            [(step.clock.handoff, _payload(step, people)) for step, people in self.done],
            actor=None,
            at=self.at,
        )


def _payload(step: Escalation, people: Sequence[int]) -> dict[str, object]:
    clock: Clock = step.clock
    return {
        "clock": clock.pk,
        "promise": clock.promise,
        "step": step.number,
        "act": step.act,
        "breach": step.breach_id,
        "people": list(people),
    }
