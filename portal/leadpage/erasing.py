"""The page on which an admin erases a person: what goes, what stays, why, and a number typed."""

from http import HTTPStatus
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leads.database.models import Lead
from portal.accounts.models import Role
from portal.core.errors import NotAllowed
from portal.core.http import user_of
from scoring.engine.erasing import Why, erase_person


class EraseForm(forms.Form):
    """Why, and the lead's number typed once more: there is no way back."""

    why = forms.ChoiceField(
        choices=Why.choices,
        error_messages={"required": gettext_lazy("Say why this person is erased.")},
    )
    number = forms.CharField(required=False)

    def __init__(self, *args: object, lead: Lead, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.lead = lead

    def clean_number(self) -> str:
        """Return the number if it is this lead's."""
        number = str(self.cleaned_data["number"]).strip()
        if number != str(self.lead.pk):
            raise forms.ValidationError(_("Type the number %d to confirm.") % self.lead.pk)
        return number


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lead_erase(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show what erasing this person does, and do it."""
    user = user_of(request)
    lead = get_object_or_404(
        Lead.objects.visible_to(user).select_related("company"), public_id=public_id
    )
    if user.role != Role.ADMIN:
        raise NotAllowed(_("An admin erases people. Ask one of them."))
    form = EraseForm(request.POST if request.method == "POST" else None, lead=lead)
    if form.is_valid():
        erase_person(lead=lead, why=form.cleaned_data["why"], by=user, at=timezone.now())
        messages.success(request, _("This person is erased."))
        return redirect(lead)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"lead": lead, "form": form, "whys": Why.choices}
    return render(request, "portal/leadpage/erase.html", context, status=status)
