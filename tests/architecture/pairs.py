"""Two leads of the world that may be one person, two that are, and two decided at once."""

from collections.abc import Mapping
from typing import Any

from leads.database.models import Lead
from leads.dispositions import bulk
from leads.dispositions.merging import merge
from leads.dispositions.models import Outcome
from tests.architecture.world import World


def _rejected(world: World) -> Lead:
    """One that the whole team has seen, and that nobody has to decide."""
    return world.reject(world.hand_over(1))[0].handoff.lead


def two_leads(world: World) -> Mapping[str, Any]:
    return {"public_id": world.lead.public_id, "other": _rejected(world).public_id}


def one_of_two(world: World) -> Mapping[str, Any]:
    """What marketing has made one of two today."""
    kept, gone = world.lead, _rejected(world)
    return {"pk": merge(kept=kept, gone=gone, by=world.marketing, at=world.at).pk}


def decided_together(world: World) -> Mapping[str, Any]:
    """What the SDR accepted at once today."""
    ids = [one.pk for one in world.hand_over(2)]
    done = bulk.decide(ids, bulk.Choice(Outcome.ACCEPTED), by=world.sdr, at=world.at)
    return {"pk": done.key}
