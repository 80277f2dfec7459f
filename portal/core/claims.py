"""The one way to take work that several workers may want."""

from typing import Any

from django.db import connections, models, transaction
from django.db.models.sql import UpdateQuery


@transaction.atomic(savepoint=False)  # one statement: there is nothing to go back to halfway
def claim(wanted: models.QuerySet[Any], *, limit: int, **changes: Any) -> list[int]:
    """Mark up to ``limit`` rows of ``wanted`` with ``changes`` and return their ids.

    One conditional ``UPDATE ... RETURNING``: two claimers never get the same row as long as
    ``changes`` makes the row leave ``wanted``. Rows that another transaction holds are skipped
    where the database can (PostgreSQL); SQLite has one writer at a time and needs no skipping.
    """
    connection = connections[wanted.db]
    rows = wanted
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    chosen = wanted.model._base_manager.using(wanted.db).filter(pk__in=rows.values("pk")[:limit])
    update = chosen.query.chain(UpdateQuery)
    update.add_update_values(changes)
    sql, params = update.get_compiler(wanted.db).as_sql()
    key = connection.ops.quote_name(wanted.model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {key}", params)
        return sorted(row[0] for row in cursor.fetchall())
