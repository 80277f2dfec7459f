"""What others count, to compare with."""

import importlib
from typing import Any


def statsmodels(address: str) -> Any:
    """Return what stands at this address of statsmodels.

    Its import takes two seconds, which the tests that compare wait for, and not every worker.
    """
    module, _, name = address.rpartition(".")
    return getattr(importlib.import_module(f"statsmodels.{module}"), name)
