"""Who may make two leads one, and what stands in the way of that or of taking it back."""

from datetime import datetime

from django.utils.translation import gettext as _

from leads.database.models import AFTER_SQL, Lead, Opportunity, Stage
from leads.dispositions.errors import ago
from leads.dispositions.models import Merge
from leads.dispositions.needs import today_of
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.errors import Conflict, NotAllowed

MERGES = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.SALES_LEAD, Role.ADMIN})


def may_merge(by: User, kept: Lead, gone: Lead) -> bool:
    """Marketing and admins; sales leads and SDRs what they see.

    An SDR does so at the desk: with a handoff of one of the two that is theirs to decide.
    """
    pair = {kept.pk, gone.pk}
    if Lead.objects.visible_to(by, among=pair).count() < len(pair):
        return False
    if by.role == Role.SDR:
        return Handoff.objects.open().visible_to(by).filter(lead__in=pair).exists()
    return by.role in MERGES


def check_may_merge(by: User, kept: Lead, gone: Lead) -> None:
    if not may_merge(by, kept, gone):
        raise NotAllowed(
            _("Marketing, or a sales lead of the team, makes two leads one. On the desk, reject "
              "the handoff as a duplicate.")
        )  # fmt: skip


def check_may_unmerge(row: Merge, by: User) -> None:
    seen = Lead.objects.visible_to(by).filter(pk=row.kept_id)
    if by.pk != row.by_id and (by.role not in MERGES or not seen.exists()):
        raise NotAllowed(_("Only %(who)s, marketing or a sales lead takes this back.")
                         % {"who": row.by})  # fmt: skip


def open_handoff_of(lead: Lead) -> Handoff | None:
    return Handoff.objects.open().filter(lead=lead).select_related("owner").first()


def must_close(kept: Lead, gone: Lead) -> Handoff | None:
    """Return the open handoff of ``gone`` that has no place on ``kept``: sales has that already."""
    handoff = open_handoff_of(gone)
    has = kept.stage in AFTER_SQL or open_handoff_of(kept) is not None
    return handoff if handoff is not None and has else None


def obstacles(kept: Lead, gone: Lead, *, is_closed: bool = False) -> list[str]:
    """Say why these two cannot become one now; empty when they can.

    ``is_closed``: a rejection as a duplicate closes ``gone``, or has just done so.
    """
    if kept.pk == gone.pk:
        return [_("A lead is not its own duplicate. Choose another.")]
    found = [
        _("%(lead)s is merged into %(stays)s already. Choose %(stays)s.")
        % {"lead": one, "stays": one.duplicate_of}
        for one in (kept, gone)
        if one.duplicate_of_id is not None and not (is_closed and one.duplicate_of_id == kept.pk)
    ]
    if found:
        return found
    running = Opportunity.objects.filter(outcome=Opportunity.Outcome.OPEN, lead__in=[kept, gone])
    if len(set(running.values_list("lead", flat=True))) > 1:
        found.append(
            _("Both have an open opportunity. Win or lose one of them first: a lead has one.")
        )
    if not is_closed and must_close(kept, gone) is not None:
        found.append(
            _("Sales has %(kept)s already, and a handoff of %(gone)s is open. Reject that one as "
              "a duplicate: it makes the two one.") % {"kept": kept, "gone": gone}
        )  # fmt: skip
    return found


def stage_apart(gone: Lead, *, stage: str, is_closed: bool) -> str:
    """Return the stage of the lead that goes, apart from what closing it as a duplicate did.

    ``stage`` is the one before. A lead that was with sales only by the handoff that ``is_closed``
    is where it was before that.
    """
    if not is_closed or stage != Stage.WITH_SALES:
        return stage
    passing = (Stage.WITH_SALES, Stage.DISQUALIFIED)
    before = gone.stages.exclude(stage__in=passing).order_by("-entered_at", "-pk").first()
    return before.stage if before else Stage.KNOWN


def in_the_way(row: Merge, kept: Lead, gone: Lead, *, at: datetime) -> list[str]:
    """Say why a merge cannot be taken back; empty when it can."""
    if over := _over(row, at=at):
        return [over]
    if kept.duplicate_of is not None:
        return [_("%(lead)s was merged into %(stays)s since. Take that back first.")
                % {"lead": kept, "stays": kept.duplicate_of}]  # fmt: skip
    came = Handoff.objects.filter(pk__in=row.moved["rows"].get("leads.Handoff.lead", ()))
    own = row.disposition.handoff_id if row.disposition is not None else None
    since = came.filter(decided_at__gte=row.at).exclude(pk=own or 0)
    opened = Opportunity.objects.filter(handoff__in=came, opened_at__gt=row.at)
    if since.exists() or opened.exists():
        return [_("A handoff that came with %(lead)s was decided since. Take that back first.")
                % {"lead": gone}]  # fmt: skip
    taken = Lead.objects.filter(email_key=gone.email_key, duplicate_of=None)
    if gone.email_key and taken.exclude(pk=kept.pk).exists():
        return [str(address_taken(row, gone))]
    return []


def _over(row: Merge, *, at: datetime) -> str:
    """Say why nothing can take this merge back any more, whatever became of the two."""
    if row.undone_at is not None:
        words = {"who": row.undone_by, "when": ago(row.undone_at, at=at)}
        return _("%(who)s took this back %(when)s.") % words
    if "rows" not in row.moved:
        return _("This person was erased.")
    if today_of(row.at) != today_of(at):
        return _("Only merges of today can be taken back; this one was made %(when)s.") % {
            "when": ago(row.at, at=at)
        }
    return ""


def address_taken(row: Merge, gone: Lead) -> Conflict:
    words = {"lead": gone}
    if row.disposition_id is not None:
        sentence = _("Another lead has the address of %(lead)s by now. The decision stays.")
    else:
        sentence = _("Another lead has the address of %(lead)s by now. The two stay one.")
    return Conflict(sentence % words)
