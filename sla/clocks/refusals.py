"""What an act on a clock answers when the clock is not in the state for it."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from portal.core.errors import Conflict
from sla.clocks.models import Clock


class NotNow(Conflict):
    """What was asked for does not fit the state this clock is in; nobody was faster."""

    act = gettext_lazy("Look at the clock")

    def __init__(self, clock: Clock, sentence: str | Promise, *, title: str | Promise) -> None:
        super().__init__(sentence)
        self.title, self.url = title, reverse("clock", args=[clock.pk])
