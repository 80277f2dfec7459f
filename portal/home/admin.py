"""People, teams, keys and the organisation in the admin; every change is recorded."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.keys import check_key, create_api_key, revoke_api_key
from portal.accounts.models import ApiKey, Invitation, Membership, Organisation, Team, User
from portal.core.admin import ReadOnlyAdmin
from portal.core.http import user_of
from portal.events.admin import AdminWithEvents
from portal.events.services import record


@admin.register(User)
class UserAdmin(AdminWithEvents):
    """Roles and access. People come in by invitation, and leave by being deactivated."""

    list_display = ["name", "email", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active", "teams"]
    search_fields = ["name", "email"]
    fields = ["name", "email", "role", "zone", "is_active", "joined_at", "last_login"]
    readonly_fields = ["email", "joined_at", "last_login"]
    actions = ["make_password_link"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an invitation proves the address: see "invite"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nobody takes their own rights away: the last admin would lock everybody out."""
        own = ["role", "is_active"] if obj == request.user else []
        return [*self.readonly_fields, *own]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Store the person; of one who leaves, colleagues take over what waits."""
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data and not obj.is_active:
            record("person.left", subject=obj, actor=user_of(request), at=timezone.now())

    @admin.action(description=gettext_lazy("Make a link to set a new password"))
    def make_password_link(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Show a link for each chosen person, once; the admin passes it on."""
        by, at = user_of(request), timezone.now()
        for user in chosen.filter(is_active=True)[:10]:
            key = default_token_generator.make_token(user)
            place = {"uidb36": user_pk_to_url_str(user), "key": key}
            link = request.build_absolute_uri(
                reverse("account_reset_password_from_key", kwargs=place)
            )
            with transaction.atomic():
                record("password.link_made", subject=user, actor=by, at=at)
            said = _("For %(name)s, to be passed on by a way you trust: %(link)s")
            self.message_user(request, said % {"name": user.name, "link": link})


class MembershipInline(admin.TabularInline):
    model = Membership
    fields = ["user", "takes_handoffs", "cap", "away_until"]
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Team)
class TeamAdmin(AdminWithEvents):
    """Teams and their members: how much each takes, and until when they are away."""

    list_display = ["name", "is_default"]
    search_fields = ["name"]
    inlines = [MembershipInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Store the members and tell routing: whoever waits may find room now."""
        super().save_formset(request, form, formset, change)
        if formset.model is not Membership:
            return
        by, at = user_of(request), timezone.now()
        changed = [(one, names) for one, names in formset.changed_objects]
        changed += [(one, ["user"]) for one in formset.new_objects]
        for one, names in changed:
            payload = {"user": one.user_id, "team": one.team_id, "changed": sorted(names)}
            record("member.changed", subject=one, actor=by, payload=payload, at=at)
        for one in formset.deleted_objects:
            payload = {"user": one.user_id, "removed": True}
            record("team.changed", subject=one.team, actor=by, payload=payload, at=at)


@admin.register(Organisation)
class OrganisationAdmin(AdminWithEvents):
    list_display = ["name", "zone", "currency"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Organisation.objects.exists()


class ApiKeyForm(forms.ModelForm):
    """A new key: its scopes are ticked, and it is checked as a whole."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("scopes"), choices=ApiKey.SCOPES, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiKey
        fields = ["name", "owner", "scopes", "expires_at"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        owner, scopes = given.get("owner"), given.get("scopes")
        if self.instance.pk is None and owner and scopes:
            expires_at = given.get("expires_at")
            try:
                check_key(owner=owner, scopes=scopes, expires_at=expires_at, at=timezone.now())
            except ValidationError as refusal:
                self.add_error(None, refusal)
        return given


@admin.register(ApiKey)
class ApiKeyAdmin(AdminWithEvents):
    """Keys: made here, shown once, revoked here. A key is never edited: make another."""

    form = ApiKeyForm
    list_display = [
        "name", "prefix", "owner", "shown_scopes", "expires_at", "revoked_at", "last_used_at",
    ]  # fmt: skip
    list_filter = ["revoked_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix", "owner__email"]
    autocomplete_fields = ["owner"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        usual = ["name", "owner"]
        if obj is None:
            return [*usual, "scopes", "expires_at"]
        later = ["expires_at", "created_at", "revoked_at", "last_used_at"]
        return [*usual, "prefix", "shown_scopes", *later]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    @admin.display(description=gettext_lazy("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Make the key by its service and show it, once."""
        given = form.cleaned_data
        row, key = create_api_key(
            name=given["name"],
            owner=given["owner"],
            scopes=given["scopes"],
            expires_at=given["expires_at"],
            at=timezone.now(),
        )
        obj.__dict__.update(row.__dict__)
        said = _("Copy the key now, it is not shown again: %(key)s")
        self.message_user(request, said % {"key": key}, messages.WARNING)

    @admin.action(description=gettext_lazy("Revoke"), permissions=["view"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        by, at = user_of(request), timezone.now()
        for key in chosen:
            with transaction.atomic():
                if revoke_api_key(key=key, at=at):
                    self.record_change(request, key, "revoked", ["revoked_at"])
        self.message_user(request, _("The chosen keys are revoked, %(who)s.") % {"who": by})


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations; new ones are made on their own page, which shows the link."""

    list_display = ["email", "name", "role", "team", "invited_by", "created_at", "accepted_at"]
    list_filter = ["role"]
    list_select_related = ["team", "invited_by"]
    search_fields = ["email", "name"]
    exclude = ["token_sha256"]
