"""Whether a recycled lead has shown new intent since sales said no."""

from collections.abc import Iterable
from datetime import datetime

from scoring.rules.activities import Activity, counted, known
from scoring.rules.definition import Behaviour, Definition
from scoring.rules.instants import seconds


def has_new_intent(
    definition: Definition, activities: Iterable[Activity], as_of: datetime, since: datetime
) -> bool:
    """Whether a high-intent rule counts an activity that occurred strictly after ``since``.

    Its kinds, window and condition at ``as_of`` apply; its counts, ``min_count`` and
    ``max_times`` do not. The recycle date is the caller's to check.
    """
    at, rejected = seconds(as_of), seconds(since)
    by_kind = known(activities, at, definition.kinds)
    tests = [
        rule.test
        for rule in definition.rules
        if rule.signal == "high_intent" and isinstance(rule.test, Behaviour)
    ]
    return any(seen.at > rejected for test in tests for seen in counted(test, by_kind, at))
