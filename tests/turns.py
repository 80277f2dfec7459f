"""Taking turns: what is too much for each run is looked at in part, always the same part.

The part follows from the name alone, so that a failure comes again, in whatever order and by
whatever number of workers the tests run. At full size nothing is left out.
"""

import os
import zlib
from collections.abc import Iterable
from typing import TypeVar

FULL = os.environ.get("FULL") == "1"

T = TypeVar("T")


def in_turn(name: str, choices: Iterable[T], count: int = 1) -> list[T]:
    """Return ``count`` neighbours of the ``choices`` that fall to this name; all at full size."""
    every = list(choices)
    if FULL or len(every) <= count:
        return every
    first = zlib.crc32(name.encode()) % len(every)
    return [every[(first + step) % len(every)] for step in range(count)]
