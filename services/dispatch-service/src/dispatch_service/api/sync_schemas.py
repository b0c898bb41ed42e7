"""Actions that were done offline, and what became of them, as JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.lifecycle import Status
from dispatch_service.api.action_kinds import IN_THE_FIELD
from dispatch_service.api.case_schemas import TeamRef
from dispatch_service.domain.clocks import Light
from runtime.problems import Problem
from runtime.problems.validation import problem_of
from runtime.types import Instant, Integer

MOST_ACTIONS = 100
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

    Each item is an `OfflineItem`; one that is not valid is refused and leaves the others alone.
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
    `held_back`: an earlier action on the case was not done, so this one was not tried and may be sent again.
    `repeated`: the answer was given before, and is given again.
    """

    id: Any
    complaint_id: Any
    outcome: Literal["done", "conflict", "refused", "held_back"]
    repeated: bool = False
    case: PresentCase | None = None
    problem: dict[str, Any] | None = None


class SyncAnswer(BaseModel):
    """What became of each action, in the order in which they were sent."""

    items: list[SyncResult]


def read_item(item: dict[str, Any]) -> tuple[OfflineItem, BaseModel]:
    """Return an item and the body of its action; raises `Problem` 422 that names what is wrong with them."""
    try:
        read = OfflineItem.model_validate(item)
    except ValidationError as error:
        raise _named(error, ("body",)) from error
    try:
        return read, IN_THE_FIELD[read.action].body.model_validate(read.body)
    except ValidationError as error:
        raise _named(error, ("body", "body")) from error


def _named(error: ValidationError, place: tuple[str, ...]) -> Problem:
    findings = [{**finding, "loc": (*place, *finding["loc"])} for finding in error.errors(include_input=False)]
    return problem_of(findings)
