"""Settings of the tests: the product's own, on a throw-away folder and database.

``TEST_DATABASE_URL`` chooses the server (SQLite in a file without it, as people run it) and
``TEST_DB_NAME`` the name of the database made there for the tests (default: one for each run).
"""

import os
import tempfile
from pathlib import Path

VAR = Path(tempfile.mkdtemp(prefix="portal-tests-"))  # conftest.py removes it
os.environ |= {
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{VAR / 'db.sqlite3'}",
    "DEBUG": "0",
    "DEMO": "0",
    "HTTPS": "0",  # the test client speaks plain HTTP
    "LOG_LEVEL": "WARNING",
    "SECRET_KEY": "only-for-tests",
    "VAR_DIR": str(VAR),
}

from portal.settings import *  # noqa: E402, F403 - the variables above must be set first
from portal.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
# Workers of one run share its name and add their own.
OWN_NAME = os.environ.setdefault("TEST_DB_NAME", f"test_portal_{os.getpid()}")
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["TEST"] = {
    # A file also on SQLite: threads, the live server and WAL then behave as they do for people.
    "NAME": str(VAR / "test.sqlite3") if SQLITE else OWN_NAME,
}
# What a test stores need not survive a power cut.
OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
if SQLITE:
    OPTIONS["init_command"] += "PRAGMA synchronous=OFF;"
else:
    OPTIONS["options"] = f"{OPTIONS.get('options', '')} -c synchronous_commit=off".strip()
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and only here
CELERY_TASK_ALWAYS_EAGER = CELERY_TASK_EAGER_PROPAGATES = True  # a failing task must be seen
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir()
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
