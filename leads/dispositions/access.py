"""Who may decide a handoff."""

from django.utils.translation import gettext as _

from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.errors import NotAllowed

DECIDES = frozenset({Role.SDR, Role.SALES_LEAD, Role.ADMIN})


def may_decide(handoff: Handoff, by: User) -> bool:
    """SDR: own ones and unassigned ones of own teams. Sales lead: own teams. Admin: all."""
    return by.role in DECIDES and is_open_for(handoff, by)


def is_open_for(handoff: Handoff, by: User) -> bool:
    """Whether it is open and they see it; the row at hand is read as it is now."""
    if by.role == Role.SDR:
        return handoff.waits_for(by)
    return Handoff.objects.open().visible_to(by).filter(pk=handoff.pk).exists()


def check_may_decide(handoff: Handoff, by: User) -> None:
    """Raise NotAllowed, saying whom to ask, unless this person may decide this open handoff."""
    if may_decide(handoff, by):
        return
    if by.role not in DECIDES:
        raise NotAllowed(_("A handoff is decided by its SDR or by a sales lead of the team."))
    if handoff.owner is None:
        raise NotAllowed(_("This handoff waits for another team. Ask its sales lead for it."))
    raise NotAllowed(
        _("This handoff is with %(owner)s. Ask a sales lead of the team to pass it to you.")
        % {"owner": handoff.owner}
    )


def check_may_withdraw(handoff: Handoff, decided_by: User | None, by: User) -> None:
    """Raise NotAllowed unless ``by`` decided it, or is a sales lead of the team, or an admin."""
    if by == decided_by:
        return
    seen = Handoff.objects.visible_to(by).filter(pk=handoff.pk)
    if not by.manages_sales or not seen.exists():
        raise NotAllowed(
            _("Only %(who)s or a sales lead of the team may take this back.")
            % {"who": decided_by or _("the person who decided")}
        )
