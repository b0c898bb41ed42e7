"""Histories of complaints as intake and dispatch publish them, and as Kafka hands them over."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from contracts.envelope import Event, headers_of_event
from contracts.events import (
    Advice,
    ComplaintAccepted,
    ComplaintAssigned,
    ComplaintCleared,
    ComplaintErased,
    ComplaintLocated,
    ComplaintMerged,
    ComplaintReceived,
    ComplaintReclassified,
    ComplaintReinspected,
    ComplaintRejected,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintResumed,
    ComplaintReturned,
    ComplaintStarted,
    ComplaintSupplemented,
    ComplaintSuspended,
    ComplaintTransferred,
    ComplaintUnmerged,
    ComplaintWithdrawn,
    Payload,
    PhotosChecked,
    Place,
    QuestionAnswered,
    QuestionAsked,
    QuestionLapsed,
    RectificationOrdered,
    ReinspectionDue,
    Released,
    ReleaseEnding,
    ReleaseRefused,
    ReleaseRequested,
    ReworkOrdered,
)
from contracts.lifecycle import TRANSITIONS, EventType, Status
from contracts.topics import LIFECYCLE
from eventbus.parking import Message
from runtime.ids import uuid7

TENANT = "522723"
OWNER = "citizen-1"
OFFICER = "officer-1"
BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)
_ASKED = {"team": "team-01", "asked_by": OFFICER, "reason": "等配件"}
_offsets = count()


class History:
    """One complaint; each method appends the next event of its source and returns it."""

    def __init__(self, *, tenant: str = TENANT, owner: str | None = OWNER) -> None:
        self.id = uuid7()
        self.tenant = tenant
        self.owner = owner
        self.events: list[Event] = []

    def event(self, event_type: EventType, data: Payload) -> Event:
        source = TRANSITIONS[event_type].owner
        event_id = uuid7()
        self.events.append(
            Event(
                id=event_id,
                type=event_type,
                source=source,
                subject=self.id,
                tenant=self.tenant,
                time=BEGIN + timedelta(minutes=len(self.events)),
                sequence=sum(event.source == source for event in self.events) + 1,
                correlation_id=event_id,
                causation_id=None,
                traceparent=None,
                data=data,
            )
        )
        return self.events[-1]

    def received(self, **changes: object) -> Event:
        facts: dict[str, object] = {
            "number": f"{self.tenant}-{self.id.hex[-12:]}",
            "source": "resident_app",
            "proactive": False,
            "category": "street_order.vendors",
            "description": "小区门口游摊占道",
            "location": Place(lon=107.2357, lat=26.5807, address="福来社区"),
            "occurred_at": None,
            "received_at": BEGIN,
            "owner": self.owner,
            "external_ref": None,
        }
        return self.event(EventType.RECEIVED, ComplaintReceived.model_validate(facts | changes))

    def assigned(
        self, team: str = "team-01", *, community: str = "fulai", grid: str = "grid-01", number: int = 1
    ) -> Event:
        """`number` is that of the round."""
        data = ComplaintAssigned(
            team=team, team_name=f"{team} 网格队", grid=grid, community=community, round=number, rule="grid"
        )
        return self.event(EventType.ASSIGNED, data)

    def accepted(self) -> Event:
        return self.event(EventType.ACCEPTED, ComplaintAccepted(actor=OFFICER, team="team-01", note="内部备注"))

    def started(self) -> Event:
        position = Place(lon=107.2358, lat=26.5808)
        data = ComplaintStarted(actor=OFFICER, team="team-01", position=position, started_at=BEGIN)
        return self.event(EventType.STARTED, data)

    def suspended(self) -> Event:
        return self.event(EventType.SUSPENDED, ComplaintSuspended.model_validate({**_ASKED, "actor": "dispatcher-1"}))

    def resumed(self, promised_at: datetime) -> Event:
        facts = {**_ASKED, "actor": "dispatcher-1", "promised_at": promised_at}
        return self.event(EventType.RESUMED, ComplaintResumed.model_validate(facts))

    def returned(self) -> Event:
        facts = {**_ASKED, "actor": "dispatcher-1", "returns": 1}
        return self.event(EventType.RETURNED, ComplaintReturned.model_validate(facts))

    def transferred(self, department: str = "power") -> Event:
        facts = {"actor": "dispatcher-1", "team": "team-01", "reason": "属其他部门", "department": department}
        data = ComplaintTransferred.model_validate({**facts, "external_ref": "GD-2026-77"})
        return self.event(EventType.TRANSFERRED, data)

    def rectification_ordered(self) -> Event:
        until = BEGIN + timedelta(days=3)
        data = RectificationOrdered(actor=OFFICER, team="team-01", notice="三日内拆除", until=until)
        return self.event(EventType.RECTIFICATION_ORDERED, data)

    def reinspection_due(self) -> Event:
        return self.event(EventType.REINSPECTION_DUE, ReinspectionDue(team="team-01", until=BEGIN + timedelta(days=3)))

    def reinspected(self, *photos: UUID) -> Event:
        data = ComplaintReinspected(actor=OFFICER, team="team-01", passed=True, photos=photos or None)
        return self.event(EventType.REINSPECTED, data)

    def photos_checked(self, *unknown: UUID, cause: UUID | None = None) -> Event:
        self.event(EventType.PHOTOS_CHECKED, PhotosChecked(unknown=unknown))
        self.events[-1] = self.events[-1]._replace(causation_id=cause)
        return self.events[-1]

    def rework_ordered(self, number: int = 2) -> Event:
        data = ReworkOrdered(actor="inspector-1", method="on_site", reason="垃圾还在", round=number)
        return self.event(EventType.REWORK_ORDERED, data)

    def reopened(self, number: int = 2) -> Event:
        return self.event(EventType.REOPENED, ComplaintReopened(actor=OWNER, reason="又堆上了", round=number))

    def resolved(self, actor: str = OFFICER, *, self_handled: bool = False, photos: tuple[UUID, ...] = ()) -> Event:
        """`photos` are needed where there are any."""
        data = ComplaintResolved(
            actor=actor,
            team="team-01",
            handling_mode="guidance",
            result="已劝离",
            self_handled=self_handled,
            photos=photos or None,
            photos_needed=bool(photos),
        )
        return self.event(EventType.RESOLVED, data)

    def until_resolved(self, actor: str = OFFICER) -> "History":
        for step in (self.received, self.assigned, self.accepted, self.started):
            step()
        self.resolved(actor)
        return self

    def release_requested(self, ending: ReleaseEnding = "withdrawn") -> Event:
        data = ReleaseRequested(actor=OWNER, ending=ending, reason="已自行解决")
        return self.event(EventType.RELEASE_REQUESTED, data)

    def released(self, request: UUID, status: Status | None = None, *, ending: str = "withdrawn") -> Event:
        facts = {"request": request, "ending": ending, "status": status}
        return self.event(EventType.RELEASED, Released.model_validate(facts))

    def release_refused(self, request: UUID, status: Status) -> Event:
        return self.event(EventType.RELEASE_REFUSED, ReleaseRefused(request=request, status=status))

    def supplemented(self, text: str = "在 3 号楼旁") -> Event:
        said = ComplaintSupplemented(supplement=uuid7(), actor=OWNER, by="reporter", text=text)
        return self.event(EventType.SUPPLEMENTED, said)

    def asked(self, text: str = "在几号楼？") -> Event:
        data = QuestionAsked(question=uuid7(), actor="operator-1", text=text, lapses_at=BEGIN + timedelta(days=5))
        return self.event(EventType.QUESTION_ASKED, data)

    def answered(self, text: str = "3 号楼") -> Event:
        data = QuestionAnswered(question=uuid7(), actor=OWNER, by="reporter", text=text)
        return self.event(EventType.QUESTION_ANSWERED, data)

    def lapsed(self) -> Event:
        return self.event(EventType.QUESTION_LAPSED, QuestionLapsed(question=uuid7()))

    def withdrawn(self) -> Event:
        return self.event(EventType.WITHDRAWN, ComplaintWithdrawn(actor=OWNER, reason="已自行解决"))

    def rejected(self) -> Event:
        advice = Advice(zh="请拨打12315", en="Please call 12315")
        return self.event(
            EventType.REJECTED,
            ComplaintRejected(
                actor="operator-1", code="not_ours", reason="消费纠纷", advice=advice, template="consumer"
            ),
        )

    def reclassified(self, category: str, former: str | None = "street_order.vendors") -> Event:
        data = ComplaintReclassified(actor="operator-1", category=category, former=former, reason="归类有误")
        return self.event(EventType.RECLASSIFIED, data)

    def cleared(self) -> Event:
        return self.event(EventType.CLEARED, ComplaintCleared(actor="operator-1"))

    def merged(self) -> Event:
        return self.event(EventType.MERGED, ComplaintMerged(actor="operator-1", into=self.id, reason="同一事件"))

    def unmerged(self) -> Event:
        data = ComplaintUnmerged(actor="operator-1", master=self.id, reason="不是同一处")
        return self.event(EventType.UNMERGED, data)

    def located(self, lon: float = 107.24, *, community: str | None = "xingui", grid: str | None = "grid-02") -> Event:
        place = Place(lon=lon, lat=26.59, address="新贵社区5号")
        data = ComplaintLocated(actor="operator-1", location=place, grid=grid, community=community)
        return self.event(EventType.LOCATED, data)

    def erased(self, *, texts: bool = True) -> Event:
        data = ComplaintErased(actor="supervisor-1", ground="request", reason="来函申请", texts=texts)
        return self.event(EventType.ERASED, data)


def message(event: Event, value: bytes | None = None) -> Message:
    """Return the record of an event, with `value` in place of its own if there is one."""
    headers = headers_of_event(event)
    payload = event.data.model_dump_json(exclude_none=True).encode() if value is None else value
    return Message(LIFECYCLE.name, 0, next(_offsets), str(event.subject).encode(), headers, payload)


def messages(events: Iterable[Event]) -> list[Message]:
    """Return the records of `events`, in order."""
    return [message(event) for event in events]
