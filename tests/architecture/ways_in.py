"""How leads come into the world by themselves: a form of a page, an imported file."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.files.base import ContentFile

from leads.capture.models import CaptureForm
from leads.imports.models import Import
from leads.imports.services import begin_import, check_import, run_import, start_import
from tests.factories import make_source

CSV = b"Email;Name\nfirst@example.test;First\nnot an address;Second\n"


class WaysIn:
    """A part of ``World``, which has what is only named here."""

    name: str
    at: datetime
    marketing: Any
    number: Callable[[], str]

    @cached_property
    def form(self) -> CaptureForm:
        return CaptureForm.objects.create(
            slug=f"demo-{self.name}",
            name="Ask for a demo",
            source=make_source(),
            consent_text="You may write to me.",
            thanks="Thank you.",
        )

    def upload(self) -> Import:
        file = ContentFile(CSV, name=f"{self.number()}.csv")
        return start_import(file=file, kind="leads", by=self.marketing, at=self.at)

    @cached_property
    def finished_import(self) -> Import:
        """One that is over, with a rejected row."""
        run = self.upload()
        check_import(run=run, mapping=run.mapping, at=self.at)
        begin_import(run=run, by=self.marketing, at=self.at, here=True)
        run_import(run_id=run.pk, clock=lambda: self.at)
        run.refresh_from_db()
        assert (run.state, run.rejected) == ("done", 1)
        return run
