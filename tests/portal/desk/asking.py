"""What the tests of the desk ask of it, and how they read its answers."""

from html import unescape

from django.http import HttpResponse
from django.urls import reverse

from leads.database.models import Lead
from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff

HTMX = {"HX-Request": "true"}


def url(name: str, handoff: Handoff) -> str:
    return reverse(f"desk-{name}", args=[handoff.public_id])


def decision(handoff: Handoff) -> Disposition:
    return Disposition.objects.standing().get(handoff=handoff)


def stage_of(handoff: Handoff) -> str:
    return Lead.objects.get(pk=handoff.lead_id).stage


def again(handoff: Handoff) -> Handoff:
    return Handoff.objects.get(pk=handoff.pk)


def text(answer: HttpResponse) -> str:
    return " ".join(unescape(answer.content.decode()).split())
