"""Named filters of a list."""

from django.db import transaction

from leads.database.models import SavedView
from portal.accounts.models import User


@transaction.atomic
def save_view(*, page: str, name: str, query: str, by: User) -> SavedView:
    """Keep a filter under a name; the same name again replaces it. Nobody else sees it."""
    view, _created = SavedView.objects.update_or_create(
        user=by, page=page, name=name, defaults={"query": query}
    )
    return view


def forget_view(*, view: SavedView) -> None:
    view.delete()
