"""What is done with activities here, as others and a ledger that is restored from a backup hear of it."""

from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.events import Place
from contracts.field_activity import FIELD_PAYLOADS, FieldEvent
from ledger_service.domain.activity import Act, Activity
from ledger_service.domain.entry_types import OwnType
from runtime.tracing import current_traceparent

SOURCE = "ledger"


def event_of(act: Act, kind: OwnType, event_id: UUID, activity: Activity, **why: str) -> Event[FieldEvent]:
    """Return the event that says what an entry about an activity says; its number is that of the entry."""
    event_type = FieldEvent(kind.value)
    return Event(
        id=event_id,
        type=event_type,
        source=SOURCE,
        subject=activity.id,
        tenant=activity.tenant,
        time=act.at,
        sequence=activity.version,
        correlation_id=event_id,
        causation_id=None,
        traceparent=current_traceparent(),
        data=FIELD_PAYLOADS[event_type].model_validate({**_said(act, activity), **why}),
    )


def _said(act: Act, activity: Activity) -> dict[str, Any]:
    """Return what is said beside the reasons; payloads leave out what is not theirs."""
    facts = activity.facts
    is_somewhere = facts.lon is not None or facts.address is not None
    return {
        "kind": facts.kind,
        "count": facts.quantity,
        "started_at": facts.happened_at,
        "actor": act.actor,
        "team": facts.team,
        "community": facts.community,
        "grid": facts.grid,
        "location": Place(lon=facts.lon, lat=facts.lat, address=facts.address) if is_somewhere else None,
        "people": facts.people,
        "evidence": facts.evidence,
        "note": facts.note,
        "day": activity.day,
        "generated": activity.generated,
    }
