"""The product's settings for the type checker, which reads them without any environment."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-the-type-checker")

from portal.settings import *  # noqa: F403 - the variable above must be set first
