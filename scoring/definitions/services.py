"""The definitions in force, and the first one."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from django.db import transaction

from portal.accounts.models import User
from portal.agreements.models import Agreement, Version
from portal.agreements.queries import version_in_force, versions_in_force
from portal.agreements.services import propose, sign, start_draft
from scoring.rules.defaults import default_clauses
from scoring.rules.definition import Definition
from scoring.rules.evaluate import Facts
from scoring.rules.parse import parse_text
from scoring.rules.segments import Among, Segmented

KIND = "definition"
AFTER_ALL = 1_000_000  # where the definition for everybody is tried


def definition_in_force(at: datetime) -> tuple[Version, Definition] | None:
    """Return what applies to everybody whom no segment takes, or None before the first.

    One query that leaves the text in the database: it is read and parsed once for each sha256
    and process; who asks gets what was signed.
    """
    version = version_in_force(KIND, at=at, with_text=False)
    return None if version is None else (version, _read_once(version.sha256, version.pk))


@dataclass(frozen=True)
class Applied:
    """A version in force with its parsed text."""

    version: Version
    definition: Definition


@dataclass(frozen=True)
class InForce:
    """The definitions that hold at one instant, as segments are tried; the last is the default."""

    members: tuple[Applied, ...]

    @cached_property
    def definitions(self) -> Segmented:
        return Segmented(tuple(one.definition for one in self.members))

    @property
    def default(self) -> Applied:
        return self.members[-1]

    @property
    def version_ids(self) -> list[int]:
        return [one.version.pk for one in self.members]

    @cached_property
    def newest(self) -> Applied:
        """The one that came last: a rescore of everybody goes by its name."""
        return max(self.members, key=lambda one: (one.version.in_force_since, one.version.pk))

    @cached_property
    def since(self) -> datetime:
        """Since when just these hold, in this order."""
        begun = [one.version.in_force_since for one in self.members]
        begun += [one.version.agreement.ordered_at for one in self.members]
        return max(instant for instant in begun if instant is not None)

    def among(self, agreement: Agreement) -> Among:
        """Return the other definitions as they stand around those of one agreement."""
        others = [one for one in self.members if one.version.agreement_id != agreement.pk]
        place = agreement.position or AFTER_ALL
        return Among(
            tuple(one.definition for one in others if _place(one) < place),
            tuple(one.definition for one in others if _place(one) > place),
        )

    def of(self, facts: Facts) -> Applied:
        """Return what applies to a lead with these facts."""
        return self.members[self.definitions.place(facts)]


def _place(one: Applied) -> int:
    return one.version.agreement.position or AFTER_ALL


def definitions_in_force(at: datetime) -> InForce | None:
    """Return what holds at ``at``, or None before the definition for everybody does. One query.

    Texts are left in the database, see ``definition_in_force``.
    """
    versions = versions_in_force(KIND, at=at)
    if not versions or versions[0].agreement.position:
        return None
    first, *segments = (Applied(one, _read_once(one.sha256, one.pk)) for one in versions)
    return InForce((*segments, first))


@lru_cache(maxsize=64)
def _read_once(sha256: str, version_id: int) -> Definition:
    return parsed(Version.objects.only("signed_text", "sha256").get(pk=version_id, sha256=sha256))


def parsed(version: Version) -> Definition:
    """Return a frozen version as the evaluators read it."""
    return parse_text(version.signed_text, version.sha256)


@transaction.atomic
def seed_default(*, by_marketing: User, by_sales: User, at: datetime) -> Version:
    """Make the default definition, proposed by marketing and signed by both sides at ``at``."""
    agreement, _ = Agreement.objects.get_or_create(
        slug="definition",
        defaults={"kind": KIND, "name": "Qualified lead", "created_at": at},
    )
    draft = start_draft(agreement=agreement, by=by_marketing, at=at, clauses=default_clauses())
    version = propose(version=draft, by=by_marketing, at=at)
    for signer in (by_marketing, by_sales):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version
