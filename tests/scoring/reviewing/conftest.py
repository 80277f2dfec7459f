"""Decided handoffs with frozen evidence, as the learning pages count them."""

from tests.scoring.feedback.conftest import decided, marketing, quiet, version

__all__ = ["decided", "marketing", "quiet", "version"]
