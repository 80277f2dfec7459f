"""The web process's entry point: ``gunicorn portal.wsgi --preload``."""

import gc
import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application
from django.template.engine import Engine
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


def read_ahead() -> None:
    """Read all addresses and compile all templates: nobody's first request waits for them."""
    get_resolver().url_patterns  # noqa: B018 - reading them is what it does
    engine = Engine.get_default()
    for folder in engine.dirs:
        for path in sorted(Path(folder).rglob("*.html")):
            engine.get_template(path.relative_to(folder).as_posix())


application = get_wsgi_application()
read_ahead()
# What is loaded by now stays: the collector need not walk it in the middle of somebody's request,
# and workers that are forked from here share it.
gc.collect()
gc.freeze()
