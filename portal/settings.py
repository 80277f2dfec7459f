"""Every setting on one page. What may differ between installs is read from the environment."""

from datetime import timedelta
from pathlib import Path

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from portal.env import flag, kept, text, whole, words

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var")))

DEBUG = flag("DEBUG")
HTTPS = flag("HTTPS", default=not DEBUG)  # 0 only on a machine that nobody else reaches
DEMO = flag("DEMO")  # sign-in by role card; never with real data
# `make run` keeps a key of its own, so that commands beside it need not be told.
SECRET_KEY = text("SECRET_KEY", "only-for-development" if DEBUG else kept(VAR_DIR / "secret-key"))
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS", "")  # former keys: what they sealed opens
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
if not DEBUG and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS may not be * outside DEBUG. Name the hosts.")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "leads.apps.LeadsConfig",
    "scoring.apps.ScoringConfig",
    "sla.apps.SlaConfig",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # docs/decisions/0006-compression.md
    "csp.middleware.CSPMiddleware",
    "portal.core.middleware.RequestIdMiddleware",
    "portal.core.once.ReadOnceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.core.middleware.ReaderZoneMiddleware",
    "portal.core.middleware.RefusalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.home.context.navigation",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.parse(
        text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}"),
        conn_max_age=whole("CONN_MAX_AGE", 60),
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a writer waits for its turn at the start, never half-way through.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "PRAGMA cache_size=-64000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;"
        ),
    }
# Activities carry an index with included columns; SQLite makes it without them, which is fine.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
ACCOUNT_ADAPTER = "portal.accounts.adapter.InvitedOnlyAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is proved by its invitation
ACCOUNT_LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key,100/15m/ip"}
SESSION_COOKIE_AGE = int(timedelta(hours=whole("SESSION_HOURS", 24)).total_seconds())

# What the browser is told
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = flag("BEHIND_PROXY")  # then the proxy's word on address and scheme is believed
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.home.refusals.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# Words and time
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
USE_I18N = False  # one language: looking six hundred words of a page up costs it a tenth
USE_TZ = True
TIME_ZONE = "UTC"

# Files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
IMPORT_MAX_BYTES = whole("IMPORT_MAX_MB", 500) * 1_000_000
IMPORT_BATCH_ROWS = whole("IMPORT_BATCH_ROWS", 1_000)  # rows in one transaction

# Mail
EMAIL_BACKEND = text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = text("EMAIL_HOST", "localhost")
EMAIL_PORT = whole("EMAIL_PORT", 25)
EMAIL_HOST_USER = text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = whole("EMAIL_TIMEOUT", 10)  # seconds that a worker waits for the mail server
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "portal@localhost")
SITE_URL = text("SITE_URL", "http://localhost:8000").rstrip("/")  # what links in mail begin with

# Webhooks: origins inside the house that may be reached, for one http://10.0.0.7:8065
EGRESS_ORIGINS = words("EGRESS_ORIGINS", "")

# Forms and API
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.accounts.api.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.accounts.api.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.core.api.LimitedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "portal.core.api.KeysetPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": [],
    "EXCEPTION_HANDLER": "portal.core.api.answer_problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Alignment portal",
    "DESCRIPTION": "Read leads, handoffs and versions; send leads and activities; decide handoffs.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_SETTINGS": {"validatorUrl": None, "persistAuthorization": False},
    "POSTPROCESSING_HOOKS": ["portal.api.add_examples", "portal.api.describe_refusals"],
}
API_REQUESTS_PER_MINUTE = whole("API_REQUESTS_PER_MINUTE", 600)
FORM_POSTS_PER_MINUTE = whole("FORM_POSTS_PER_MINUTE", 10)

# What follows from what (portal/lifecycle.py), and the hour's small sweeps.
LIFECYCLE_HANDLERS = "portal.lifecycle.HANDLERS"
LIFECYCLE_BELLS = "portal.lifecycle.BELLS"
LIFECYCLE_WATCHES = "portal.lifecycle.WATCHES"
BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = text("CELERY_BROKER_URL", "filesystem://")
if CELERY_BROKER_URL == "filesystem://":  # a doorbell only: the database is the truth
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, str | int] = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # a killed worker's task runs again, so tasks must be idempotent
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "portal.core.tasks.beat_heart", "schedule": 30},
    "forget-old": {"task": "portal.core.tasks.forget_old", "schedule": 3600},
    "forget-presence": {"task": "leads.database.tasks.forget_presence", "schedule": 3600},
    "forget-editing": {"task": "portal.agreements.tasks.forget_editing", "schedule": 3600},
    "keep-reviews": {"task": "portal.agreements.tasks.keep_reviews", "schedule": 600},
    "deliver-events": {"task": "portal.events.tasks.deliver_due", "schedule": 15},
    "record-activations": {"task": "portal.agreements.tasks.announce_activations", "schedule": 30},
    "keep-funnel": {"task": "portal.dashboards.tasks.keep_funnel", "schedule": 300},
    "settle-stale-leads": {"task": "scoring.engine.tasks.settle_due", "schedule": 30},
    "keep-columns": {"task": "scoring.engine.tasks.keep_columns", "schedule": 60},
    "find-breaches": {"task": "sla.breaches.tasks.find_breaches", "schedule": 30},
    "pack-days": {"task": "sla.scoreboard.tasks.pack_days", "schedule": 300},
    "climb-ladders": {"task": "sla.escalations.tasks.climb_ladders", "schedule": 15},
    "route-waiting": {"task": "leads.routing.tasks.route_waiting", "schedule": 60},
    "begin-absences": {"task": "leads.routing.tasks.begin_absences", "schedule": 60},
    "send-digests": {"task": "portal.home.tasks.send_digests", "schedule": 600},
    "continue-backtests": {"task": "scoring.backtest.tasks.continue_backtests", "schedule": 15},
    "look-for-amendments": {
        "task": "scoring.feedback.tasks.look_for_amendments",
        "schedule": crontab(hour=2, minute=40),
    },
    "look-each-hour": {
        "task": "portal.watches.tasks.look_each_hour",
        "schedule": crontab(minute=20),
    },
    "look-each-night": {
        "task": "portal.watches.tasks.look_each_night",
        "schedule": crontab(hour=3, minute=10),
    },
    "continue-imports": {"task": "leads.imports.tasks.continue_imports", "schedule": 15},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "portal.core.middleware.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": text("LOG_LEVEL", "INFO")},
    "loggers": {"django": {"handlers": [], "propagate": True}},
}
