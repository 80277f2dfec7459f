"""The product as gunicorn answers: files compressed under their hashed names, pages compressed.

pytest-django's live server hands out files as they lie in the tree; what travels is measured here.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from django.utils.functional import empty

from portal.templatetags.portal_tags import _sprite

PACKED = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        connections.close_all()


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def forget_addresses() -> None:
    """Find the files anew: storage and sprite remember those of the other settings."""
    staticfiles_storage._wrapped = empty
    _sprite.cache_clear()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the product on a port of its own; yield its address."""
    given = {
        "STORAGES": PACKED,
        "STATIC_ROOT": folder / "static",
        "WHITENOISE_AUTOREFRESH": False,
        "WHITENOISE_USE_FINDERS": False,
        "ALLOWED_HOSTS": ["127.0.0.1"],
    }
    with override_settings(**given):
        forget_addresses()
        call_command("collectstatic", interactive=False, verbosity=0)
        server = make_server(
            "127.0.0.1", 0, WSGIHandler(), server_class=Server, handler_class=Silent
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
    forget_addresses()
