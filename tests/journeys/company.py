"""A company on its first day: people, one team, both agreements signed, one form on the web."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from leads.capture.models import CaptureForm
from portal.accounts.models import Role, User
from portal.events.bells import held
from scoring.definitions.services import seed_default
from sla.calendar.services import seed_calendars
from sla.terms.services import seed_default_terms
from tests.factories import make_source, make_team, make_user

PASSWORD = "a long enough one"


@dataclass(frozen=True)
class Company:
    """Whom the journey follows. The one SDR gets every handoff."""

    sofia: User  # SDR
    tom: User  # sales lead
    maja: User  # marketing
    priya: User  # marketing lead
    form: CaptureForm


def found_company(at: datetime | None = None) -> Company:
    """Make the company; what both sides signed is a month old."""
    signed = (at or timezone.now()).replace(microsecond=0) - timedelta(days=30)
    team = make_team("Inbound", is_default=True)

    def hire(name: str, role: Role, **more: object) -> User:
        email = f"{name.split(maxsplit=1)[0].lower()}@company.example"
        return make_user(role=role, name=name, email=email, password=PASSWORD, **more)

    tom = hire("Tom Berger", Role.SALES_LEAD, team=team)
    priya = hire("Priya Raman", Role.MARKETING_LEAD)
    with held():
        seed_calendars(by=None, at=signed)
        seed_default(by_marketing=priya, by_sales=tom, at=signed)
        seed_default_terms(by_marketing=priya, by_sales=tom, at=signed)
    return Company(
        sofia=hire("Sofia Keller", Role.SDR, team=team),
        tom=tom,
        maja=hire("Maja Lind", Role.MARKETING),
        priya=priya,
        form=CaptureForm.objects.create(
            slug="guide",
            name="The guide to one meaning of qualified",
            intro="Forty pages, free. Tell us where to send it.",
            button="Send me the guide",
            activity="content_download",
            source=make_source("Website"),
            consent_text="You may write to me about the guide.",
            thanks="The guide is on its way.",
        ),
    )
