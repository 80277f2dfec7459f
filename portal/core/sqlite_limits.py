"""Telling Django how many parameters this SQLite takes in one statement.

Django assumes 999, the limit of old builds, and cuts every ``bulk_create`` of wide rows into
many statements; builds of the last years take 32,766 or 250,000, and each connection knows.
"""

import sqlite3
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def raise_parameter_limit(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Signal receiver: use the limit of the connection that was just made."""
    if connection.vendor == "sqlite":
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = limit
