"""Patrols, visits and what is done with them, as JSON."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.case_schemas import Code, Position
from dispatch_service.api.grid_schemas import Name
from dispatch_service.api.patrol_plan_schemas import Officers, Points, PointView
from dispatch_service.api.written import Text
from dispatch_service.domain.patrol import PatrolKind, PatrolState
from dispatch_service.persistence.patrol_visits import NO_PLAN
from runtime.types import Instant

Moment = Annotated[Instant | None, Field(description="When it was, on the device; now, if it is not given.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PatrolBody(_Body):
    """A patrol beside the plans. A client that was offline gives it an `id` of its own, and repeats it at will."""

    id: UUID | None = None
    name: Name
    kind: PatrolKind
    team: Code
    grid: Code | None = None
    officers: Officers = []
    begins_at: Instant
    ends_at: Annotated[Instant, Field(description="At most 24 hours after it begins.")]
    points: Points = []

    def row(self) -> dict[str, Any]:
        """Return it as it is stored; without an id where the client has given none."""
        given = {**self.model_dump(), "kind": self.kind.value, "points": [point.row() for point in self.points]}
        if self.id is None:
            del given["id"]
        return given


class StartBody(_Body):
    """Where and when a patrol began."""

    at: Moment = None
    position: Position | None = None


class VisitBody(_Body):
    """A visit of a point, or something seen on the way. Do not name residents in the note.

    With an `id` that the client made, it may be sent again and is kept once.
    """

    id: UUID | None = None
    point: Annotated[Code | None, Field(description="Key of the point; null: on the way.")] = None
    at: Moment = None
    position: Position | None = None
    note: Text | None = None
    photos: Annotated[list[UUID], Field(max_length=20, description="Ids of attachments, see intake.")] = []
    findings: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=40)]],
        Field(max_length=50, description="Numbers of complaints that were reported on the way."),
    ] = []

    def row(self) -> dict[str, Any]:
        """Return it with the position as longitude and latitude in WGS84."""
        position = None if self.position is None else self.position.point()
        return {**self.model_dump(exclude={"id", "at"}), "position": position}


class CompletionBody(_Body):
    """How a patrol ended. `reason` says why required points were left out."""

    at: Moment = None
    note: Text | None = None
    reason: Text | None = None


class ReasonBody(_Body):
    """Why."""

    reason: Text


class VisitView(BaseModel):
    """A visit. `far` means more than the point's radius away from it; `metres` is null where that is not known."""

    id: UUID
    patrol: UUID
    point: str | None
    at: datetime
    kept_at: datetime
    subject: str
    lon: float | None
    lat: float | None
    metres: int | None
    far: bool
    note: str | None
    photos: list[UUID]
    findings: list[str]


class PatrolView(BaseModel):
    """A patrol. `version` is the number in the `ETag`; a point counts as visited by a visit that is not far."""

    id: UUID
    version: int
    plan: UUID | None
    plan_version: int | None
    suggestion: UUID | None
    name: str
    kind: PatrolKind
    team: str
    grid: str | None
    community: str | None
    officers: list[str]
    day: date
    begins_at: datetime
    ends_at: datetime
    state: PatrolState
    points: list[PointView]
    points_required: int
    points_visited: int
    visits: int
    far_visits: int
    findings: int
    started_at: datetime | None
    started_by: str | None
    start_metres: Annotated[int | None, Field(description="From the first point.")]
    ended_at: datetime | None
    ended_by: Annotated[str | None, Field(description="Null where the time ended it.")]
    reason: str | None
    note: str | None
    activity: Annotated[UUID | None, Field(description="In the ledger, once it is done.")]
    generated: bool


class PatrolDetail(PatrolView):
    """A patrol with its visits in the order of their times."""

    visited: list[VisitView]

    @classmethod
    def of(cls, row: Mapping[str, Any], visits: Sequence[Mapping[str, Any]]) -> Self:
        """Return the view of a row of the patrol table and those of its visits."""
        return cls.model_validate({**row, "visited": [dict(visit) for visit in visits]})


class SumView(BaseModel):
    """What the patrols of a team and a plan come to; cancelled ones count as such only.

    `open` ones may still be done. `points` are all places that were to be visited.
    """

    team: str
    plan: Annotated[UUID | None, Field(description="Null: beside the plans.")]
    plan_name: str | None
    planned: int
    done: int
    missed: int
    open: int
    cancelled: int
    points: int
    points_visited: int
    visits: int
    far_visits: int
    findings: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the view of a row of the summary."""
        return cls.model_validate({**row, "plan": None if row["plan"] == NO_PLAN else row["plan"]})
