"""Exclusions 剔除: a supervisor takes a complaint out of some figures, or back into them, with a reason."""

from typing import Literal

from contracts.closing_events import ComplaintExcluded
from contracts.envelope import Event
from contracts.lifecycle import EventType
from ledger_service.domain.closing import Occasion, act
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import ExclusionStands
from ledger_service.domain.facts import Exclusion

Indicators = Literal["timeliness", "satisfaction", "all"]
"""Which figures: those of promised times, those of what reporters say, or every one. Each is switched by itself."""


def exclude(complaint: Complaint, data: ComplaintExcluded, occasion: Occasion) -> Event:
    """Return the event of an exclusion, or of its end; raises ExclusionStands where it is so already."""
    if data.excluded is bool(complaint.exclusions & Exclusion[data.indicators.upper()]):
        raise ExclusionStands
    return act(complaint, EventType.EXCLUDED, data, occasion)
