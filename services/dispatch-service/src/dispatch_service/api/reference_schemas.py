"""Places and teams as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from dispatch_service.domain.routing import DUTY_DESK
from dispatch_service.domain.team_pattern import gaps

PostKind = Literal["post", "liaison_station", "kiosk", "service_station", "guide_point"]
ComponentState = Literal["in_use", "damaged", "removed"]
"""在用、破损、拆除 (still in the register)."""
MemberRole = Literal["leader", "enforcement_assistant", "community_worker", "mobile"]


class CommunityView(BaseModel):
    """A community 社区. `generated` marks what was made up for a demonstration."""

    code: str
    name: str
    sub_district: str
    generated: bool


class PostView(BaseModel):
    """A key post 重点网格岗位点, liaison station 联络站, kiosk 岗亭, service station or guide point.

    `hours` are its opening hours 开放时间; null: always open.
    """

    code: str
    name: str
    kind: PostKind
    community: str
    grid: str | None
    lon: float
    lat: float
    hours: str | None
    generated: bool


class PostFinding(BaseModel):
    """Something to look at: the point lies `metres` outside of the grid that the post is said to be in."""

    kind: Literal["outside_grid"] = "outside_grid"
    post: str
    grid: str
    lon: float
    lat: float
    metres: int


class KeptPostView(PostView):
    """A post as it is kept, and what does not fit."""

    findings: list[PostFinding]


class ComponentView(BaseModel):
    """A component 部件: a manhole cover, a street lamp, a bin; `owner` is the code of a department."""

    code: str
    class_code: str
    class_zh: str
    class_en: str | None
    owner: str | None
    state: ComponentState
    lon: float
    lat: float
    generated: bool


class ListedComponent(ComponentView):
    """A component of a list; `distance_metres` is the straight line from `near`, where that was named."""

    distance_metres: int | None = None


class MemberView(BaseModel):
    """A member of a team by the subject of their token; no name is kept."""

    subject: str
    role: MemberRole


class PatternGapView(BaseModel):
    """A role of which a team has more or fewer members than the make-up of teams says."""

    role: MemberRole
    wanted: int
    present: int


class TeamView(BaseModel):
    """A unit that cases are assigned to, with its members; `duty-desk` 值班台 is the one without a grid.

    `pattern_gaps` tells where its make-up differs from that of `/dispatch/v1/team-pattern`; the desk has none.
    """

    code: str
    name: str
    community: str | None
    members: list[MemberView]
    pattern_gaps: list[PatternGapView]
    generated: bool

    @classmethod
    def of(cls, row: Mapping[str, Any], members: Sequence[Mapping[str, Any]], pattern: Mapping[str, int]) -> Self:
        """Return the view of a row of the team table and those of its members."""
        differing = [] if row["code"] == DUTY_DESK else gaps(pattern, [member["role"] for member in members])
        return cls.model_validate(
            {
                **row,
                "members": [dict(member) for member in members],
                "pattern_gaps": [gap._asdict() for gap in differing],
            }
        )


class GridProperties(BaseModel):
    """What a grid is besides its shape. `version` grows with each change of its boundary."""

    code: str
    version: int
    name: str
    community: str
    team: str
    generated: bool


class GridFeature(BaseModel):
    """A grid 网格 as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any]
    properties: GridProperties

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the feature of a row of the grid table."""
        return cls(id=row["code"], geometry=row["geometry"], properties=GridProperties.model_validate(dict(row)))


class GridCollection(BaseModel):
    """Grids as GeoJSON (RFC 7946), WGS84."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[GridFeature]


class GridVersionProperties(GridProperties):
    """A version of a grid; `since` and `until` are null where nobody noted them, or it is in force."""

    in_force: bool
    since: datetime | None
    until: datetime | None


class GridVersion(GridFeature):
    """A grid as it was, or is."""

    properties: GridVersionProperties

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the feature of a row of the grid table."""
        properties = GridVersionProperties.model_validate(dict(row))
        return cls(id=f"{row['code']}/{row['version']}", geometry=row["geometry"], properties=properties)


class GridHistory(BaseModel):
    """The versions of a grid as GeoJSON."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[GridVersion]
