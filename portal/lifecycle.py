"""The product on one page: what follows from what.

``settle`` (scoring.engine) has already stored standing, stage, handoff and evidence when
``handoff.made`` is recorded. Each line names who acts next, in order; ``now`` marks what a
person waits for. Bells carry no event: they say which rows want looking at.
"""

from collections.abc import Mapping

from portal.events.table import Bell, Table

HANDLERS: Table = {}

BELLS: Mapping[str, tuple[Bell, ...]] = {}
