"""Actions that were done offline, and what became of them, as JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.lifecycle import Status
from dispatch_service.api.action_kinds import IN_THE_FIELD
from dispatch_service.api.case_schemas import Position, TeamRef
from dispatch_service.api.roster_schemas import DutyView
from dispatch_service.domain.clocks import Light
from runtime.problems.validation import problem_of
from runtime.types import Instant, Integer

MOST_ACTIONS = 100
Model = TypeVar("Model", bound=BaseModel)
_Name = Literal[
    "accept",
    "start",
    "resolve",
    "note",
    "contribution",
    "extension",
    "suspension",
    "resumption",
    "return",
    "rectification",
    "reinspection",
    "reply",
]


class SyncBody(BaseModel):
    """What the device has done since it was last online, in the order in which it was done.

    Each item is an `OfflineItem` or, for clocking in and out, an `OfflineClocking`; one that is not valid is refused
    and leaves the others alone.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": []})

    items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_ACTIONS)]


class OfflineItem(BaseModel):
    """One action. `id` is made by the device and stands for this action for good; `body` is that of the single route.

    `at` is when it was done, by the clock of the device. `version` is what the device last read of the case: the action
    is not done where others have changed the case since. `after` is the id of an action that must be done before, for
    devices that send several batches at once.
    """

    model_config = ConfigDict(extra="forbid")

    id: UUID
    complaint_id: UUID
    action: _Name
    at: Instant
    version: Annotated[Integer, Field(ge=1, le=2**31 - 1)] | None = None
    after: UUID | None = None
    body: dict[str, Any] = {}


class OfflineClocking(BaseModel):
    """Clocking in or out of a duty 打卡, which is about no case; `body` has the position. `at` counts, not now."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    action: Literal["clock_in", "clock_out"]
    at: Instant
    after: UUID | None = None
    body: dict[str, Any] = {}


class ClockingPlace(BaseModel):
    """Where somebody clocked in or out."""

    model_config = ConfigDict(extra="forbid")

    position: Position


class PresentCase(BaseModel):
    """Where a case stood right after the action, or when it was refused."""

    status: Status
    version: int
    team: TeamRef
    officer: str | None
    promised_at: datetime | None
    light: Light | None


class SyncResult(BaseModel):
    """What became of one action.

    `done`; `conflict`: the case is not any more what the device took it to be; `refused`: it cannot be done at all;
    `held_back`: an earlier action on the case, or an earlier clocking, was not done, so this one was not tried and may
    be sent again.
    `repeated`: the answer was given before, and is given again.
    """

    id: Any
    complaint_id: Any
    outcome: Literal["done", "conflict", "refused", "held_back"]
    repeated: bool = False
    case: PresentCase | None = None
    duties: Annotated[
        list[DutyView] | None,
        Field(description="Of a clocking: the duty that it was for or, in a conflict, the officer's at that time."),
    ] = None
    problem: dict[str, Any] | None = None


class SyncAnswer(BaseModel):
    """What became of each action, in the order in which they were sent."""

    items: list[SyncResult]


def read_item(item: dict[str, Any]) -> OfflineItem:
    """Return an item; raises `Problem` 422 that names what is wrong with it."""
    return _read(OfflineItem, item)


def read_body(item: OfflineItem) -> BaseModel:
    """Return the body of an item's action; raises `Problem` 422 that names what is wrong with it."""
    return _read(IN_THE_FIELD[item.action].body, item.body, "body")


def is_clocking(item: dict[str, Any]) -> bool:
    """Say whether an item is about a duty, not a case."""
    return item.get("action") in ("clock_in", "clock_out")


def read_clocking(item: dict[str, Any]) -> tuple[OfflineClocking, ClockingPlace]:
    """Return a clocking and its body; raises `Problem` 422 that names what is wrong with them."""
    read = _read(OfflineClocking, item)
    return read, _read(ClockingPlace, read.body, "body")


def _read(model: type[Model], given: dict[str, Any], *part: str) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        findings = error.errors(include_input=False)
        raise problem_of([{**each, "loc": ("body", *part, *each["loc"])} for each in findings]) from error
