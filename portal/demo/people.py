"""The fourteen people of the demo company."""

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import Membership, Organisation, Role, Team, User

PASSWORD = "look around here"  # noqa: S105 - printed on the sign-in page of the demo
DOMAIN = "alignment.example"


@dataclass(frozen=True)
class Cast:
    """Who does what in the story."""

    marketing_lead: User
    marketing: tuple[User, ...]
    sales_lead: User
    sdrs: tuple[User, ...]
    executives: tuple[User, ...]
    team: Team


ROLES: tuple[tuple[str, Role], ...] = (
    ("Priya Raman", Role.MARKETING_LEAD),
    ("Jonas Brandt", Role.MARKETING),
    ("Ines Ferreira", Role.MARKETING),
    ("Lukas Kern", Role.SALES_LEAD),
    ("Sofia Keller", Role.SDR),
    ("Anna Lindholm", Role.SDR),
    ("Tomas Novak", Role.SDR),
    ("Mei Tanaka", Role.SDR),
    ("Daniel Okafor", Role.SDR),
    ("Clara Rossi", Role.SDR),
    ("Hugo Marchetti", Role.ACCOUNT_EXECUTIVE),
    ("Elena Petrova", Role.ACCOUNT_EXECUTIVE),
    ("Helena Voss", Role.LEADERSHIP),
    ("Ada Nilsson", Role.ADMIN),
)


def hire(*, at: datetime) -> Cast:
    """Make the organisation, its people and their team."""
    Organisation.objects.create(name="Alignment demo", zone="Europe/Berlin", currency="EUR")
    password = User()
    password.set_password(PASSWORD)  # hashed once: hashing is slow on purpose
    people = {
        name: User.objects.create(
            email=f"{name.split()[0].lower()}@{DOMAIN}",
            name=name,
            role=role,
            password=password.password,
            is_superuser=role == Role.ADMIN,
            joined_at=at,
        )
        for name, role in ROLES
    }
    team = Team.objects.create(name="DACH and Nordics", is_default=True)
    by_role: dict[Role, list[User]] = {}
    for name, role in ROLES:
        by_role.setdefault(role, []).append(people[name])
    for user in people.values():
        if user.role in {Role.SDR, Role.SALES_LEAD, Role.ACCOUNT_EXECUTIVE}:
            Membership.objects.create(team=team, user=user, takes_handoffs=user.role == Role.SDR)
    return Cast(
        marketing_lead=by_role[Role.MARKETING_LEAD][0],
        marketing=tuple(by_role[Role.MARKETING]),
        sales_lead=by_role[Role.SALES_LEAD][0],
        sdrs=tuple(by_role[Role.SDR]),
        executives=tuple(by_role[Role.ACCOUNT_EXECUTIVE]),
        team=team,
    )
