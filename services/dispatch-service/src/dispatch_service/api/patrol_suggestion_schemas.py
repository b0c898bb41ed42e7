"""Suggested patrols as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.hotspots import Trend
from dispatch_service.api.case_schemas import Code
from dispatch_service.api.clock_schemas import Day
from dispatch_service.api.grid_schemas import Name
from dispatch_service.api.patrol_plan_schemas import Officers, Points, RecurrenceBody
from dispatch_service.domain.patrol import PatrolKind
from runtime.types import Instant

SuggestionState = Literal["open", "accepted", "dismissed", "ended"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Filled(_Body):
    name: Annotated[Name | None, Field(description="Made of the category, by default.")] = None
    kind: PatrolKind = PatrolKind.DAILY_PATROL
    team: Annotated[Code | None, Field(description="The one that answers for the place, by default.")] = None
    officers: Officers = []
    points: Annotated[
        Points | None, Field(description="The middle of the hot spot and the posts in it, by default.")
    ] = None

    def facts(self) -> dict[str, Any]:
        """Return it as it is stored, but for what the hot spot fills in."""
        points = None if self.points is None else [point.row() for point in self.points]
        return {**self.model_dump(), "kind": self.kind.value, "grid": None, "points": points}


class SuggestedPatrolBody(_Filled):
    """Go once."""

    begins_at: Instant
    ends_at: Instant


class SuggestedPlanBody(_Filled):
    """Go again and again."""

    shift: Code
    first_day: Day
    last_day: Day | None = None
    recurrence: RecurrenceBody = RecurrenceBody()

    def facts(self) -> dict[str, Any]:
        """Return it as it is stored, but for what the hot spot fills in."""
        return {**super().facts(), "recurrence": self.recurrence.row()}


class AcceptanceBody(_Body):
    """What becomes of a suggestion: a patrol or a plan."""

    patrol: SuggestedPatrolBody | None = None
    plan: SuggestedPlanBody | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.patrol is None) == (self.plan is None):
            raise PydanticCustomError("acceptance_parts", "neither a patrol nor a plan, or both")
        return self


class SuggestionView(BaseModel):
    """A patrol that a hot spot suggests, with the evidence for it. `version` is the number in the `ETag`.

    `count` complaints came in where `expected` would have been usual; `evidence` are some of them.
    """

    id: Annotated[UUID, Field(description="Of the hot spot.")]
    version: int
    state: SuggestionState
    team: str
    grid: str | None
    community: str | None
    category: str | None
    lon: float
    lat: float
    radius_metres: float
    count: int
    expected: float
    score: float
    trend: Trend
    first_at: datetime
    last_at: datetime
    evidence: list[UUID]
    suggested_at: datetime
    updated_at: datetime
    ended_at: Annotated[datetime | None, Field(description="When the hot spot did.")]
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    patrol: UUID | None
    plan: UUID | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the view of a row of the suggestion table."""
        return cls.model_validate({**row["hotspot"], **row})
