"""One batch of incoming people: which leads they are, what is new, what changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from leads.database.facts import inherit_company_facts
from leads.database.lead_rows import (
    first_facts,
    store_changes,
    store_words_of,
    write_email_kinds,
)
from leads.database.models import Lead, StageChange, StaleCause, Standing
from leads.database.standing import mark_stale
from leads.database.wanted import LeadInput, Wanted, wanted_leads
from leads.database.words import words_to_store
from portal.accounts.models import User
from portal.core.bulk import Insert, insert_each, insert_objects
from portal.events.bells import ring_after_commit
from portal.events.services import record_each


@dataclass(frozen=True)
class FoundLead:
    """The lead of one input; two inputs of a batch may be the same lead."""

    lead_id: int
    is_new: bool
    is_changed: bool


class MergedAway(Exception):
    """Some of the batch were merged: the leads ``into`` which they went have to be locked too."""

    def __init__(self, into: set[int]) -> None:
        super().__init__(into)
        self.into = into


class Batch:
    """One attempt, in the caller's transaction."""

    def __init__(
        self,
        external_source: str,
        by: User | None,
        at: datetime,
        cause: StaleCause,
        *,
        overwrite: bool,
    ) -> None:
        self.external_source, self.by, self.at, self.cause = external_source, by, at, cause
        self.overwrite = overwrite
        self.by_email: dict[str, Lead] = {}
        self.by_external: dict[str, Lead] = {}
        self.new: list[Lead] = []
        self.employers: dict[int | None, str] = {}  # names of the companies of the batch
        self.changed: dict[int, set[str]] = {}  # id of a known lead to its changed columns

    def store(
        self, inputs: Sequence[LeadInput], *, merged: Collection[int] = ()
    ) -> list[FoundLead]:
        """Store a batch. ``merged`` are leads that others became, to be locked with the rest."""
        wanted = wanted_leads(inputs)
        self._read(wanted, merged)
        self.employers = {one.values.get("company_id"): one.company for one in wanted}
        leads, firsts = [], []
        for one in wanted:
            lead, is_first = self._place(one)
            leads.append(lead)
            firsts.append(is_first)
        self._insert()
        known = {lead.pk: lead for lead in leads}
        self._update(known)
        self._follow_up(known)
        return [
            FoundLead(lead.pk, is_first, is_first or lead.pk in self.changed)
            for lead, is_first in zip(leads, firsts, strict=True)
        ]

    def _read(self, wanted: Sequence[Wanted], merged: Collection[int]) -> None:
        """Lock and index the leads that the batch may mean, merged ones by whom they became.

        An address or an id that a merged lead had leads to the one that stays, unless a lead that
        counts has the address itself. Raises MergedAway when one that stays is not locked yet.
        """
        emails = {one.email_key for one in wanted if one.email_key}
        ids = {one.external_id for one in wanted if one.external_id}
        mine = Q(external_source=self.external_source, external_id__in=ids)
        meant = Q(email_key__in=emails) | mine
        if merged:
            meant |= Q(pk__in=merged)
        rows = list(
            Lead.objects.filter(meant).order_by("pk").select_for_update(no_key=True, of=("self",))
        )
        by_key = {row.pk: row for row in rows}
        into = {row.duplicate_of_id for row in rows if row.duplicate_of_id}
        if missing := into - by_key.keys():
            raise MergedAway(missing)
        for row in sorted(rows, key=lambda row: row.duplicate_of_id is None):  # who counts, last
            lead = row
            while lead.duplicate_of_id:
                lead = by_key[lead.duplicate_of_id]
            if row.email_key:
                self.by_email[row.email_key] = lead
            if row.external_source == self.external_source and row.external_id:
                self.by_external[row.external_id] = lead

    def _place(self, one: Wanted) -> tuple[Lead, bool]:
        """Return the lead that ``one`` means, changed by it, and whether it was made for it."""
        lead = self.by_email.get(one.email_key) or self.by_external.get(one.external_id)
        is_first = lead is None
        if lead is None:
            lead = Lead(stage=one.stage, recorded_at=self.at)
            self.new.append(lead)
        changed = one.fill(
            lead,
            external_source=self.external_source,
            is_id_free=one.external_id not in self.by_external,
            is_email_free=one.email_key not in self.by_email,
            overwrite=self.overwrite and not is_first,
        )
        if is_first and self.cause == StaleCause.LIVE:
            lead.created_at = lead.created_at or self.at  # an import may not know
        if lead.pk and changed:
            self.changed.setdefault(lead.pk, set()).update(changed)
        if one.email_key:
            self.by_email.setdefault(one.email_key, lead)
        if one.external_id:
            self.by_external.setdefault(one.external_id, lead)
        return lead, is_first

    def _insert(self) -> None:
        # In one order for everybody: two batches with the same people then never deadlock.
        self.new.sort(key=lambda lead: (lead.email_key, lead.external_id))
        if not self.new:
            return
        insert_objects(self.new)
        entered = {"by_id": self.by.pk if self.by else None, "cause": "lead.captured"}
        insert_each(
            Insert.of([self._standing(lead) for lead in self.new]),
            Insert(
                StageChange,
                [
                    {
                        "lead_id": lead.pk,
                        "stage": lead.stage,
                        "entered_at": lead.created_at or self.at,
                        **entered,
                    }
                    for lead in self.new
                ],
            ),
            words_to_store({lead.pk: (lead.name, self._employer(lead)) for lead in self.new}),
        )

    def _standing(self, lead: Lead) -> Standing:
        return Standing(
            lead_id=lead.pk,
            stage=lead.stage,
            owner_id=lead.owner_id,
            source_id=lead.source_id,
            stale_since=self.at,
            stale_cause=self.cause,
        )

    def _update(self, leads: Mapping[int, Lead]) -> None:
        changed = [leads[pk] for pk in sorted(self.changed)]
        for lead in changed:
            lead.revision += 1
        store_changes(changed)

    def _follow_up(self, leads: Mapping[int, Lead]) -> None:
        """What else is kept of new and changed people: changed words, facts, events, marks."""
        new = {lead.pk: lead for lead in self.new}
        if renamed := self._changed_in("name", "company_id"):
            store_words_of(renamed)
        if addressed := self._changed_in("email"):
            write_email_kinds(addressed, at=self.at, cause=self.cause)
        joined = [leads[pk] for pk in self._changed_in("company_id")]
        inherit_company_facts(
            [*self.new, *joined],
            at=self.at,
            cause=self.cause,
            first=first_facts(self.new, at=self.at),
        )
        if self.cause != StaleCause.IMPORT:
            self._record(new)
        mark_stale(self.changed, cause=self.cause, at=self.at)
        if self.cause == StaleCause.LIVE:
            ring_after_commit("lead.stale", sorted(new), at=self.at)

    def _changed_in(self, *names: str) -> list[int]:
        return [pk for pk, columns in self.changed.items() if columns.intersection(names)]

    def _employer(self, lead: Lead) -> str:
        return self.employers.get(lead.company_id or 0, "")

    def _record(self, new: Mapping[int, Lead]) -> None:
        captured = [(lead, {"via": self.external_source}) for lead in new.values()]
        record_each("lead.captured", captured, actor=self.by, at=self.at)
        changed = [(Lead(pk=pk), {"fields": sorted(names)}) for pk, names in self.changed.items()]
        record_each("lead.changed", changed, actor=self.by, at=self.at)
