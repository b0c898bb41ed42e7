"""Who and what a county has 名录: communities, grids, posts, teams and their make-up, officers, shifts, departments,
components.

Each change is told as the whole new state.

And how many of each team are on duty, since that is what others show beside it. Intake tells of its configuration in
the same way: categories, items of the duty lists, sources.

An event is about one thing, named by `subject_of` its tenant, kind and code. The topic is compacted: whoever reads it
from the beginning finds the last state of each thing, and not every event before it. So a reader applies what has a
higher `sequence` than the state it has, and misses none. What was removed stays with `removed`, for late readers to
know; no tombstone follows, since a county never removes so many things that their last words would be a burden, and a
code that is given again goes on counting.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.events import HandlingMode, Latitude, Longitude, Payload

DirectoryKind = Literal[
    "community",
    "grid",
    "post",
    "team",
    "team_pattern",
    "officer",
    "shift",
    "department",
    "component",
    "duty",
    "category",
    "duty_item",
    "source",
]
_NAMESPACE = uuid5(NAMESPACE_URL, "urn:jieban:directory")


class DirectoryEvent(StrEnum):
    """The kinds of directory events, named `directory.<kind>_changed`."""

    COMMUNITY_CHANGED = "directory.community_changed"
    GRID_CHANGED = "directory.grid_changed"
    POST_CHANGED = "directory.post_changed"
    TEAM_CHANGED = "directory.team_changed"
    TEAM_PATTERN_CHANGED = "directory.team_pattern_changed"
    OFFICER_CHANGED = "directory.officer_changed"
    SHIFT_CHANGED = "directory.shift_changed"
    DEPARTMENT_CHANGED = "directory.department_changed"
    COMPONENT_CHANGED = "directory.component_changed"
    DUTY_CHANGED = "directory.duty_changed"
    CATEGORY_CHANGED = "directory.category_changed"
    DUTY_ITEM_CHANGED = "directory.duty_item_changed"
    SOURCE_CHANGED = "directory.source_changed"


CONFIGURED = frozenset(
    {DirectoryEvent.CATEGORY_CHANGED, DirectoryEvent.DUTY_ITEM_CHANGED, DirectoryEvent.SOURCE_CHANGED}
)
"""Those that intake publishes; the others are dispatch's."""


def subject_of(tenant: str, kind: DirectoryKind, code: str) -> UUID:
    """Return the stable id of a thing of the directory: a UUIDv5, the same in every service and for good."""
    return uuid5(_NAMESPACE, f"{tenant}/{kind}/{code}")


class DirectoryEntry(Payload):
    """What every thing of the directory says of itself."""

    code: str
    """Unique among its kind and tenant; of an officer the subject of their token."""
    removed: bool = False
    """It is not there any more; the rest says how it was at last."""
    generated: bool = False
    """Made up for a demonstration."""


class CommunityChanged(DirectoryEntry):
    """A community 社区 as it is now."""

    name: str
    sub_district: str


class Area(Payload):
    """A GeoJSON MultiPolygon: polygons of rings of [longitude, latitude] in WGS84 degrees, the outer ring first."""

    type: Literal["MultiPolygon"] = "MultiPolygon"
    coordinates: tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]


class GridChanged(DirectoryEntry):
    """A grid 网格 as it is now."""

    version: int
    """Grows with each change of the grid; cases keep the one that they were routed by."""
    name: str
    community: str
    team: str
    area: Area
    since: datetime | None = None
    """In force from then on; None: unknown."""


class PostChanged(DirectoryEntry):
    """A key post, liaison station, kiosk, service station or guide point as it is now. WGS84 degrees."""

    name: str
    kind: str
    community: str
    grid: str | None = None
    lon: Longitude
    lat: Latitude
    hours: str | None = None
    """Opening hours as OpenStreetMap writes them, a part of it: `Mo-Fr 08:00-18:00; PH off`. None: always open."""


class TeamMember(Payload):
    """A member of a team by the subject of their token."""

    subject: str
    role: str


class TeamChanged(DirectoryEntry):
    """A unit that cases are assigned to, as it is now, with all its members."""

    name: str
    community: str | None = None
    members: tuple[TeamMember, ...] = ()


class TeamPatternChanged(DirectoryEntry):
    """The make-up of teams 队伍编成 as it is now; `code` is the tenant's. Until one is set, it is "1+2+2"."""

    roles: Mapping[str, int]
    """How many members of each role a team shall have."""


class OfficerChanged(DirectoryEntry):
    """An officer as they are now; which teams they are in, the teams say."""

    roles: tuple[str, ...] = ()
    """Worn in activities: publicist 宣传员, mediator 调解员, attendant 服务员."""
    skills: tuple[str, ...] = ()
    """Codes, such as `electric`."""


class ShiftChanged(DirectoryEntry):
    """A shift 班次 as it is now, on the county's clock to the minute, such as `06:30`."""

    name: str
    begins: str
    ends: str
    """Not later than `begins`: on the next day."""


class DepartmentChanged(DirectoryEntry):
    """A department or external system 部门 that cases can be transferred to, as it is now."""

    name: str
    contact_system: str | None = None
    """The system that its numbers come from."""


class ComponentChanged(DirectoryEntry):
    """A component 部件 as it is now: a manhole cover, a street lamp, a bin. WGS84 degrees."""

    class_code: str
    """Of its class, as the county numbers them: as a rule the four digits of GB/T 30428.2."""
    class_zh: str
    class_en: str | None = None
    owner: str | None = None
    """The department that owns it; None: unknown."""
    state: str
    """`in_use`, `damaged`, or `removed` from its place, which leaves it in the register."""
    lon: Longitude
    lat: Latitude


class DutyChanged(DirectoryEntry):
    """How many of a team are on duty as of `at`; `code` is the team's. It never says who."""

    planned: int
    """Duties of the roster that go on, leave left out."""
    on_duty: int
    """Of these, those who have clocked in and not out."""
    at: datetime
    until: datetime | None = None
    """When the roster changes that next: a duty begins or ends. None: not within a day."""


class TimeLimit(Payload):
    """How long something may take."""

    amount: int
    unit: Literal["hours", "days", "working_hours", "working_days"]


class ConfiguredEntry(DirectoryEntry):
    """What every item of intake's configuration says of itself; retired ones are there until they are removed."""

    version: int
    """The version of the configuration that it is in."""
    zh: str
    en: str
    active_from: datetime | None = None
    active_to: datetime | None = None


class CategoryChanged(ConfiguredEntry):
    """A category 大类、小类、立案条件 as it is now; None: as it is one level up, at the end as others have it."""

    list: Literal["service", "management"] | None = None
    legal_basis: str | None = None
    handling_mode: HandlingMode | None = None
    accept: TimeLimit | None = None
    on_site: TimeLimit | None = None
    resolve: TimeLimit | None = None
    gates: tuple[Literal["verification", "follow_up"], ...] | None = None


class DutyItemChanged(ConfiguredEntry):
    """An item of the service list 服务清单 or of the management list 管理清单 as it is now."""

    list: Literal["service", "management"]
    category: str | None = None
    legal_basis: str | None = None
    handling_mode: HandlingMode | None = None
    limit: TimeLimit | None = None


class SourceChanged(ConfiguredEntry):
    """A source of events 事件来源 as it is now."""

    proactive: bool


DIRECTORY_PAYLOADS: Mapping[StrEnum, type[Payload]] = {
    DirectoryEvent.COMMUNITY_CHANGED: CommunityChanged,
    DirectoryEvent.GRID_CHANGED: GridChanged,
    DirectoryEvent.POST_CHANGED: PostChanged,
    DirectoryEvent.TEAM_CHANGED: TeamChanged,
    DirectoryEvent.TEAM_PATTERN_CHANGED: TeamPatternChanged,
    DirectoryEvent.OFFICER_CHANGED: OfficerChanged,
    DirectoryEvent.SHIFT_CHANGED: ShiftChanged,
    DirectoryEvent.DEPARTMENT_CHANGED: DepartmentChanged,
    DirectoryEvent.COMPONENT_CHANGED: ComponentChanged,
    DirectoryEvent.DUTY_CHANGED: DutyChanged,
    DirectoryEvent.CATEGORY_CHANGED: CategoryChanged,
    DirectoryEvent.DUTY_ITEM_CHANGED: DutyItemChanged,
    DirectoryEvent.SOURCE_CHANGED: SourceChanged,
}
