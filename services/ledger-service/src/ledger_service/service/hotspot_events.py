"""What the ledger tells of hot spots."""

from contracts.envelope import Event
from contracts.events import Payload
from contracts.hotspots import HotspotDetected, HotspotEnded, HotspotEvent
from ledger_service.domain.hotspots import Hotspot
from runtime.ids import uuid7


def event_of(spot: Hotspot) -> Event[HotspotEvent]:
    """Return the event that tells of a hot spot as it has become."""
    event_id = uuid7()
    is_over = spot.ended_at is not None
    return Event(
        id=event_id,
        type=HotspotEvent.ENDED if is_over else HotspotEvent.DETECTED,
        source="ledger",
        subject=spot.id,
        tenant=spot.tenant,
        time=spot.changed_at,
        sequence=spot.version,
        correlation_id=event_id,
        causation_id=None,
        traceparent=None,
        data=_over(spot) if is_over else _present(spot),
    )


def _over(spot: Hotspot) -> Payload:
    facts = {"category": spot.category, "ended_at": spot.ended_at, "merged_into": spot.merged_into}
    return HotspotEnded.model_validate(facts)


def _present(spot: Hotspot) -> Payload:
    told = spot.description
    return HotspotDetected(
        category=spot.category,
        lon=told.lon,
        lat=told.lat,
        radius_metres=told.radius_metres,
        count=told.count,
        expected=told.expected,
        score=told.score,
        trend=told.trend.value,
        first_at=told.first_at,
        last_at=told.last_at,
        community=told.community,
        grid=told.grid,
        evidence=told.evidence,
    )
