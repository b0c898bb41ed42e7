"""What has happened to a case, as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel

from contracts.events import HandlingMode
from dispatch_service.api.photo_schemas import PhotoView


class EscalationView(BaseModel):
    """Which part of the limit of a stage (accept 接单, on_site 到场, resolve 处置) was announced to have passed.

    `since` says when; it is null where an earlier version has announced it.
    """

    stage: Literal["accept", "on_site", "resolve"]
    percent: Literal[80, 100, 200]
    since: datetime | None


class OwnerView(BaseModel):
    """The department that owns the component which a case is about: a transfer goes there unless it says otherwise."""

    code: str
    name: str


class ReturnView(BaseModel):
    """A return 退单 that was approved. `next_team` got the case with the approval; null where it was named later."""

    round: int
    team: str
    reason: str
    asked_by: str
    asked_at: datetime
    approved_by: str
    returned_at: datetime
    next_team: str | None

    @classmethod
    def among(cls, requests: Sequence[Mapping[str, Any]]) -> list[Self]:
        """Return those of the requests of a case that were approved returns."""
        return [
            cls.model_validate({**row, "approved_by": row["decided_by"], "returned_at": row["decided_at"]})
            for row in requests
            if row["kind"] == "return" and row["state"] == "approved"
        ]


class ConferenceView(BaseModel):
    """A conference 会商: which teams met, what was said, who leads and who supports since."""

    id: UUID
    round: int
    participants: list[str]
    record: str
    lead: str
    supporting: list[str]
    held_at: datetime
    recorded_by: str
    recorded_at: datetime


class TransferView(BaseModel):
    """A transfer 转办 to a department, with its answer, or why it was recalled.

    Where the case ended while the department had it, it is recalled by nobody, without a reason.
    """

    id: UUID
    round: int
    department: str
    external_ref: str
    reason: str
    transferred_by: str
    transferred_at: datetime
    state: Literal["open", "answered", "recalled"]
    ended_by: str | None
    ended_at: datetime | None
    answered_at: datetime | None
    handling_mode: HandlingMode | None
    result: str | None
    photos: list[PhotoView]
    recall_reason: str | None


class RectificationView(BaseModel):
    """An order of rectification 限期整改, and what the re-inspection found: `passed` is null until then.

    `number` counts them in the round; `announced_at` is when the unit was told that the time is over.
    """

    id: UUID
    round: int
    number: int
    team: str
    notice: str
    until: datetime
    photos: list[PhotoView]
    ordered_by: str
    ordered_at: datetime
    announced_at: datetime | None
    inspected_by: str | None
    inspected_at: datetime | None
    passed: bool | None
    note: str | None
    inspection_photos: list[PhotoView]


class ContributionView(BaseModel):
    """What an officer of the leading or a supporting team has done, and how far from the complaint.

    `part_done`: a supporting team has reported its part as done with it.
    """

    id: UUID
    round: int
    team: str
    text: str
    photos: list[PhotoView]
    actor: str
    at: datetime
    supporting: bool | None
    distance_metres: int | None
    part_done: bool


class SupportView(BaseModel):
    """A team that supports 协办 the case, by whose decision (`rule:` and the code of a rule), since when.

    `done_at` is when it has reported its part as done in this round.
    """

    team: str
    by: str
    at: datetime
    done_at: datetime | None
    done_by: str | None


class NoteView(BaseModel):
    """What somebody of the bureau has noted about a case."""

    id: UUID
    text: str
    written_by: str
    written_at: datetime
