"""The environment in which a fault test starts the product's own programs."""

import os
from pathlib import Path


def product_environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables of a portal of its own: SQLite, broker and files under ``folder``.

    The settings are the product's, not the tests'; give DATABASE_URL or CELERY_BROKER_URL to
    point it at a server.
    """
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DEBUG": "0",
        "DEMO": "0",
        "HTTPS": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": "only-for-tests-" * 4,
        "VAR_DIR": str(folder),
        **more,
    }
