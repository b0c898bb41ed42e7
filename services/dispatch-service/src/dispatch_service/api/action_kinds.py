"""The actions that can be sent many at once: who may do each, what it takes, and the use case that does it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import STAFF, Role
from dispatch_service.api.acting import Work
from dispatch_service.api.case_schemas import (
    AcceptBody,
    AssignBody,
    Code,
    InspectionBody,
    NoteBody,
    ResolveBody,
    StartBody,
)
from dispatch_service.api.life_schemas import ContributionBody, RectificationBody, TransferBody
from dispatch_service.api.photo_schemas import photos_of
from dispatch_service.api.request_schemas import (
    ExtensionBody,
    OrderBody,
    ReasonBody,
    ReplyBody,
    ReturnBody,
    SuspensionBody,
)
from dispatch_service.api.written import Text
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.requests import EVENT_OF, RequestKind
from dispatch_service.service import actions, bulk, notes, rectifications, requests, supervision, supporting, transfers
from dispatch_service.service.clockworks import Clockworks

_OFFICER = frozenset({Role.OFFICER})


class OrderReplyBody(ReplyBody):
    """The unit's answer to one of the supervision orders about a case."""

    order: UUID


class GradeBody(BaseModel, extra="forbid"):
    """How urgent the cases are."""

    grade: Grade
    note: Text | None = None


class KindBody(BaseModel, extra="forbid"):
    """What to decide on: the open request of that kind about each case."""

    kind: RequestKind
    approved: bool
    note: Text | None = None


class SupportBody(BaseModel, extra="forbid"):
    """Which team supports the cases."""

    team: Code


class ActionKind(NamedTuple):
    """One kind of action. `work` makes the use case of a body of the type `body`."""

    roles: frozenset[str]
    body: type[BaseModel]
    work: Callable[[Any, Clockworks], Work]


def _start(body: StartBody, _: Clockworks) -> Work:
    position = body.position.to_place() if body.position else None
    return partial(actions.start, position=position, started_at=body.started_at)


def _resolve(body: ResolveBody, _: Clockworks) -> Work:
    return partial(
        actions.resolve,
        handling_mode=body.handling_mode,
        result=body.result,
        photos=photos_of(body.photos),
        inspection=body.reinspection.inspection() if body.reinspection else None,
    )


def _ask(kind: RequestKind) -> Callable[[Any, Clockworks], Work]:
    def work(body: ExtensionBody | SuspensionBody | ReasonBody, clockworks: Clockworks) -> Work:
        until: datetime | None = getattr(body, "until", None)
        return partial(requests.ask, kind=kind, reason=body.reason, until=until, clockworks=clockworks)

    return work


def _give_back(body: ReturnBody, clockworks: Clockworks) -> Work:
    return partial(
        requests.ask,
        kind=RequestKind.RETURN,
        reason=body.reason,
        until=None,
        clockworks=clockworks,
        proposed_team=body.proposed_team,
    )


def _rectify(body: RectificationBody, _: Clockworks) -> Work:
    return partial(rectifications.order, notice=body.notice, until=body.until, photos=photos_of(body.photos))


IN_THE_FIELD: Mapping[str, ActionKind] = {
    "accept": ActionKind(_OFFICER, AcceptBody, lambda _body, _clockworks: actions.accept),
    "start": ActionKind(_OFFICER, StartBody, _start),
    "resolve": ActionKind(_OFFICER, ResolveBody, _resolve),
    "note": ActionKind(STAFF, NoteBody, lambda body, _: partial(notes.write, text=body.text)),
    "contribution": ActionKind(
        _OFFICER, ContributionBody, lambda body, _: partial(supporting.contribute, contribution=body.contribution())
    ),
    "extension": ActionKind(_OFFICER, ExtensionBody, _ask(RequestKind.EXTENSION)),
    "suspension": ActionKind(_OFFICER, SuspensionBody, _ask(RequestKind.SUSPENSION)),
    "resumption": ActionKind(_OFFICER, ReasonBody, _ask(RequestKind.RESUMPTION)),
    "return": ActionKind(_OFFICER, ReturnBody, _give_back),
    "rectification": ActionKind(_OFFICER, RectificationBody, _rectify),
    "reinspection": ActionKind(
        _OFFICER, InspectionBody, lambda body, _: partial(rectifications.inspect, inspection=body.inspection())
    ),
    "reply": ActionKind(
        _OFFICER, OrderReplyBody, lambda body, _: partial(supervision.reply, order_id=body.order, text=body.text)
    ),
}
"""What officers do, which their devices may send later."""

AT_THE_DESK: Mapping[str, ActionKind] = {
    "assign": ActionKind(
        TRANSITIONS[EventType.ASSIGNED].roles,
        AssignBody,
        lambda body, clockworks: partial(actions.assign, team_code=body.team, grade=body.grade, clockworks=clockworks),
    ),
    "grade": ActionKind(
        TRANSITIONS[EventType.ASSIGNED].roles,
        GradeBody,
        lambda body, clockworks: partial(bulk.grade, grade=body.grade, clockworks=clockworks),
    ),
    "accept": IN_THE_FIELD["accept"],
    "support": ActionKind(
        TRANSITIONS[EventType.ASSIGNED].roles,
        SupportBody,
        lambda body, _: partial(supporting.add, team=body.team),
    ),
    "transfer": ActionKind(
        TRANSITIONS[EventType.TRANSFERRED].roles,
        TransferBody,
        lambda body, _: partial(
            transfers.transfer, department=body.department, external_ref=body.external_ref, reason=body.reason
        ),
    ),
    "approval": ActionKind(
        TRANSITIONS[EVENT_OF[RequestKind.EXTENSION]].roles,
        KindBody,
        lambda body, clockworks: partial(bulk.decide, kind=body.kind, approved=body.approved, clockworks=clockworks),
    ),
    "supervision": ActionKind(
        TRANSITIONS[EventType.ESCALATED].roles,
        OrderBody,
        lambda body, _: partial(supervision.order, text=body.text, deadline=body.deadline),
    ),
    "note": IN_THE_FIELD["note"],
}
"""What dispatchers and supervisors, and for `accept` officers, do to many cases at once."""
