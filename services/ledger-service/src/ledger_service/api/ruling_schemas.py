"""Requests for endings, appeals and exclusions as JSON."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from contracts.closing_events import Ending
from contracts.lifecycle import Status
from ledger_service.api.schemas import TeamRef, Text
from ledger_service.domain.appeals import AppealState
from ledger_service.domain.endings import EndingState
from ledger_service.domain.exclusions import Indicators
from ledger_service.persistence.stories import Row


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReasonBody(_Body):
    """Why."""

    reason: Text


class DecisionBody(_Body):
    """Whether the request is approved; if not, `reason` says why."""

    approved: StrictBool
    reason: Text | None = None


class AppealDecisionBody(_Body):
    """Whether the appeal is upheld, which takes the rating out of the figures, and why."""

    upheld: StrictBool
    reason: Text


class ExclusionBody(_Body):
    """Which figures the complaint is taken out of 剔除, or back into them with `excluded` false, and why."""

    indicators: Annotated[
        Indicators,
        Field(description="`timeliness`: of promised times; `satisfaction`: of what reporters say; `all`: every one."),
    ]
    excluded: StrictBool = True
    reason: Text


class MatterComplaint(BaseModel):
    """The complaint that it is about. `version` is the number in its `ETag`."""

    id: UUID
    number: str
    status: Status
    version: int
    category: str | None
    community: str | None
    grid: str | None
    team: TeamRef | None


class _Matter(BaseModel):
    id: Annotated[UUID, Field(description="Also that of the entry that asked.")]
    complaint: MatterComplaint
    reason: Annotated[str | None, Field(description="Null for analysts and administrators, as `decision_reason`.")]
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return a row of `persistence.matters` as JSON shows it."""
        team = {"code": row["team"], "name": row["team_name"]} if row["team"] else None
        return cls.model_validate({**row, "complaint": {**row, "id": row["complaint_id"], "team": team}})


class EndingRequestView(_Matter):
    """A request to void a complaint 作废 or to close it by force 强制结案.

    `approved`: dispatch has to let go of the work before the complaint ends. `lapsed`: another end came first.
    """

    ending: Ending
    state: EndingState
    asked_by: str
    asked_at: datetime


class AppealView(_Matter):
    """An appeal 申诉 against the reporter's rating."""

    rating: Annotated[UUID, Field(description="The entry that brought the rating.")]
    state: AppealState
    appealed_by: str
    appealed_at: datetime
