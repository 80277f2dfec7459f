"""People, teams, invitations and API keys."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.core.once import forget, once
from portal.core.text import email_key
from portal.core.zones import known_zones


class Role(models.TextChoices):
    SDR = "sdr", _("SDR")
    ACCOUNT_EXECUTIVE = "account_executive", _("Account executive")
    SALES_LEAD = "sales_lead", _("Sales lead")
    MARKETING = "marketing", _("Marketing")
    MARKETING_LEAD = "marketing_lead", _("Marketing lead")
    LEADERSHIP = "leadership", _("Leadership")
    ADMIN = "admin", _("Admin")


class Side(models.TextChoices):
    MARKETING = "marketing", _("Marketing")
    SALES = "sales", _("Sales")


SIDE_OF_ROLE = {
    Role.SDR: Side.SALES,
    Role.ACCOUNT_EXECUTIVE: Side.SALES,
    Role.SALES_LEAD: Side.SALES,
    Role.MARKETING: Side.MARKETING,
    Role.MARKETING_LEAD: Side.MARKETING,
}
SIGNS_FOR = {Role.MARKETING_LEAD: Side.MARKETING, Role.SALES_LEAD: Side.SALES}
SEES_EVERYTHING = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.ADMIN})
EVERY_DAY = 0b111_1111  # of ``Membership.rota_days``


def check_zone(name: str) -> None:
    """Refuse a zone that the machine's time-zone database does not know."""
    if name not in known_zones():
        raise ValidationError(
            _("“%(zone)s” is not a time zone. Use a name such as Europe/Berlin."),
            params={"zone": name},
        )


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email_key(email), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        fields = {"role": Role.ADMIN, "is_superuser": True, "name": "Admin"} | fields
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=email_key(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. The role speaks for a side; teams decide what sales people see."""

    Role = Role

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.SDR)
    zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Berlin", validators=[check_zone]
    )
    theme = models.CharField(
        _("theme"),
        max_length=5,
        default="auto",
        choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    density = models.CharField(
        _("density"), max_length=7, default="normal",
        choices=[("normal", _("Normal")), ("compact", _("Compact"))],
    )  # fmt: skip
    has_keys = models.BooleanField(_("single-key shortcuts"), default=True)
    keymap = models.JSONField(_("own keys"), default=dict, blank=True)  # usual key: own key
    digest = models.CharField(
        _("digest by mail"), max_length=6, default="off",
        choices=[("off", _("None")), ("daily", _("Each morning")), ("weekly", _("On Mondays"))],
    )  # fmt: skip
    digested_on = models.DateField(null=True, blank=True, editable=False)
    alert_mail = models.CharField(
        _("alerts by mail"), max_length=3, default="on",
        choices=[("off", _("None")), ("on", _("At once"))],
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            CheckConstraint(condition=Q(role__in=Role.values), name="portal_user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def is_staff(self) -> bool:
        """Django admin asks this; only the admin role enters."""
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Django admin asks this too; elsewhere roles and services say who may do what."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    @property
    def side(self) -> Side | None:
        return SIDE_OF_ROLE.get(Role(self.role))

    @property
    def signs_for(self) -> Side | None:
        return SIGNS_FOR.get(Role(self.role))

    @property
    def sees_everything(self) -> bool:
        return self.role in SEES_EVERYTHING

    @property
    def manages_sales(self) -> bool:
        return self.role in {Role.SALES_LEAD, Role.ADMIN}


class Team(models.Model):
    """People who share a queue of handoffs."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_default = models.BooleanField(
        _("takes handoffs that no rule sends elsewhere"), default=False
    )
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="portal_one_default_team",
                violation_error_message=_("Another team is the default already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


def away(at: datetime) -> Q:
    """Return the condition for members who are away at ``at``: ``Membership.is_away`` in SQL."""
    return Q(away_until__gt=at) & (Q(away_from=None) | Q(away_from__lte=at))


class Membership(models.Model):
    """A person's place in a team: how much they take, and whether they are there."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    takes_handoffs = models.BooleanField(_("takes handoffs"), default=True)
    cap = models.PositiveSmallIntegerField(_("most open handoffs"), default=25)
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=100,
        help_text=_("Per cent of a usual share: 50 gets half as many handoffs as 100."),
    )
    rota_days = models.PositiveSmallIntegerField(
        _("days on the rota"), default=EVERY_DAY
    )  # bit 0 is Monday
    away_from = models.DateTimeField(_("away from"), null=True, blank=True)
    away_until = models.DateTimeField(_("away until"), null=True, blank=True)
    # when what is open with them goes to colleagues; null once it has, and where they keep it
    hands_over_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["team", "user"]
        constraints = [
            UniqueConstraint(fields=["team", "user"], name="portal_member_once"),
            CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=1000),
                name="portal_member_weight",
                violation_error_message=_("A weight is between 1 and 1000 per cent."),
            ),
            CheckConstraint(condition=Q(rota_days__lte=EVERY_DAY), name="portal_member_rota_days"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.team}"

    def is_away(self, at: datetime) -> bool:
        if self.away_until is None or self.away_until <= at:
            return False
        return self.away_from is None or self.away_from <= at

    def is_on_rota(self, weekday: int) -> bool:
        """Tell whether unassigned handoffs are offered to them on this weekday (Monday is 0)."""
        return bool(self.rota_days >> weekday & 1)


class Invitation(models.Model):
    """An admin's invitation; the link carries the token, the row only its hash."""

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.email


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, at: datetime) -> Self:
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None, owner__is_active=True
        )


class ApiKey(models.Model):
    """A key of the API. Only its SHA-256 is kept; it acts as its owner, within its scopes."""

    SCOPES: ClassVar[list[tuple[str, Any]]] = [
        ("leads:read", _("read leads, handoffs and versions")),
        ("leads:write", _("send leads and activities")),
        ("dispositions:write", _("decide handoffs")),
        ("agreements:write", _("send drafts of definitions and terms")),
    ]

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=12, db_index=True, editable=False)
    key_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Organisation(models.Model):
    """The company that runs this portal; one row."""

    name = models.CharField(_("name"), max_length=120, default="Our company")
    zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="Europe/Berlin",
        validators=[check_zone],
        help_text=_("Recycle dates and reports begin at midnight in this zone."),
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        forget("organisation")

    @classmethod
    def current(cls) -> "Organisation":
        """Return the one row, with defaults where nobody has saved it yet; once in a request."""
        return once("organisation", lambda: cls.objects.first() or cls())
