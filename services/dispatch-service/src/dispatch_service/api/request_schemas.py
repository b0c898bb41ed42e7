"""Requests of units and supervision orders as JSON."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.domain.requests import RequestKind
from runtime.types import Instant

RequestState = Literal["open", "approved", "refused"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class RequestView(BaseModel):
    """What a unit has asked for. `until` is for extensions; `note` is the dispatcher's."""

    id: UUID
    complaint_id: UUID
    kind: RequestKind
    state: RequestState
    reason: str
    until: datetime | None
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None


class OrderView(BaseModel):
    """A supervision order 督办 and the unit's reply."""

    id: UUID
    text: str
    deadline: datetime
    ordered_by: str
    ordered_at: datetime
    reply: str | None
    replied_by: str | None
    replied_at: datetime | None


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReasonBody(_Body):
    """Why."""

    reason: Text


class ExtensionBody(_Body):
    """Why, and until when: later than the promised time, by a year at most."""

    reason: Text
    until: Instant


class ApprovalBody(_Body):
    """Whether it is approved."""

    approved: Annotated[bool, Field(strict=True)]
    note: Text | None = None


class OrderBody(_Body):
    """What the unit has to do, and by when it has to answer: a year from now at most."""

    text: Text
    deadline: Instant


class ReplyBody(_Body):
    """The unit's answer."""

    text: Text
