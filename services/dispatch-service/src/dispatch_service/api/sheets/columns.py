"""Which columns each sheet has, and how a line of cells becomes a thing and the other way round."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from dispatch_service.api.officer_schemas import OfficerBody
from dispatch_service.api.place_schemas import (
    CODE_PATTERN,
    CommunityBody,
    ComponentBody,
    PlacedBody,
    PostBody,
    Subject,
    TeamBody,
)
from dispatch_service.persistence.tables import MEMBER_ROLES
from dispatch_service.service.directory import COMMUNITY, COMPONENT, OFFICER, POST, TEAM, Sort
from operations.sheets.tables import Cells, pointer
from runtime.problems import FieldError

_SEPARATOR = re.compile(r"[;；\n]")


class _CommunityLine(CommunityBody):
    code: Annotated[str, Field(pattern=CODE_PATTERN)]


class _TeamLine(TeamBody):
    code: Annotated[str, Field(pattern=CODE_PATTERN)]


class _PostLine(PostBody):
    code: Annotated[str, Field(pattern=CODE_PATTERN)]


class _ComponentLine(ComponentBody):
    code: Annotated[str, Field(pattern=CODE_PATTERN)]


class _OfficerLine(OfficerBody):
    subject: Subject


@dataclass(frozen=True)
class Sheet:
    """A file of things of one sort. `columns` has the Chinese heading of each, which is understood as well."""

    name: str
    sort: Sort
    columns: Mapping[str, str]
    optional: frozenset[str]
    """Columns that a file may lack."""
    line: type[BaseModel]
    geojson: bool = False
    """Whether it comes and goes as GeoJSON too."""
    numbers: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    """Columns with several values in a cell, a semicolon between them."""
    gather: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """Makes the body of a thing of its columns."""
    spread: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """Makes the columns of a thing of its row."""
    origin: Callable[[Mapping[str, Any], Sequence[str | int]], str] = lambda _, location: str(location[0])
    """Says which column a flaw of the body came from."""

    def read(self, number: int, cells: Cells) -> tuple[dict[str, Any] | None, list[FieldError]]:
        """Return the thing of line `number`, or what is wrong with it."""
        values, errors = self._values(number, cells)
        if errors:
            return None, errors
        try:
            line = self.line.model_validate(self.gather(values))
        except ValidationError as error:
            return None, [self._flaw(number, values, each) for each in error.errors(include_url=False)]
        row = line.row() if isinstance(line, PlacedBody) else line.model_dump()
        return row, []

    def write(self, row: Mapping[str, Any]) -> Iterator[str | float | None]:
        """Yield the cells of a row, in the order of the columns."""
        values = self.spread(row)
        for name in self.columns:
            value = values.get(name)
            yield ";".join(value) if isinstance(value, list) else value

    def _values(self, number: int, cells: Cells) -> tuple[dict[str, Any], list[FieldError]]:
        values: dict[str, Any] = {}
        errors = []
        for name, text in cells.items():
            if name not in self.columns:
                errors.append(FieldError(pointer(number, name), "cell-beyond"))
            elif "\0" in text:
                errors.append(FieldError(pointer(number, name), "string_unicode"))
            elif name in self.lists:
                values[name] = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
            elif name in self.numbers:
                values[name] = _number(text)
            else:
                values[name] = text
        return values, errors

    def _flaw(self, number: int, values: Mapping[str, Any], error: Mapping[str, Any]) -> FieldError:
        column = self.origin(values, error["loc"])
        return FieldError(pointer(number, column), str(error["type"]), dict(error.get("ctx") or {}))


def _number(text: str) -> float | str:
    """Return the number that the text says, or the text itself, which is none."""
    try:
        return float(text)
    except ValueError:
        return text


def _team(values: dict[str, Any]) -> dict[str, Any]:
    members = [{"subject": subject, "role": role} for role in MEMBER_ROLES for subject in values.pop(role, [])]
    return {**values, "members": members}


def _roles(row: Mapping[str, Any]) -> Mapping[str, Any]:
    by_role = {role: [each["subject"] for each in row["members"] if each["role"] == role] for role in MEMBER_ROLES}
    return {**row, **by_role}


def _column_of_member(values: Mapping[str, Any], location: Sequence[str | int]) -> str:
    """Return the column that a member came from; of somebody who is named twice, `members`."""
    if location[0] != "members" or len(location) == 1:
        return str(location[0])
    columns = [role for role in MEMBER_ROLES for _ in values.get(role, [])]
    return columns[int(location[1])]


COMMUNITIES = Sheet(
    name="communities",
    sort=COMMUNITY,
    columns={"code": "编码", "name": "名称", "sub_district": "街道"},
    optional=frozenset(),
    line=_CommunityLine,
    geojson=True,
)
TEAMS = Sheet(
    name="teams",
    sort=TEAM,
    columns={
        "code": "编码",
        "name": "名称",
        "community": "社区",
        "leader": "队长",
        "enforcement_assistant": "执法辅助人员",
        "community_worker": "社区工作人员",
        "mobile": "机动队员",
    },
    optional=frozenset({"community", *MEMBER_ROLES}),
    line=_TeamLine,
    lists=frozenset(MEMBER_ROLES),
    gather=lambda values: _team(dict(values)),
    spread=_roles,
    origin=_column_of_member,
)
POSTS = Sheet(
    name="posts",
    sort=POST,
    columns={
        "code": "编码",
        "name": "名称",
        "kind": "类型",
        "community": "社区",
        "grid": "网格",
        "lon": "经度",
        "lat": "纬度",
        "crs": "坐标系",
        "hours": "开放时间",
    },
    optional=frozenset({"grid", "crs", "hours"}),
    line=_PostLine,
    geojson=True,
    numbers=frozenset({"lon", "lat"}),
    spread=lambda row: {**row, "crs": "WGS84"},
)
COMPONENTS = Sheet(
    name="components",
    sort=COMPONENT,
    columns={
        "code": "编码",
        "class_code": "类别编码",
        "class_zh": "类别名称",
        "class_en": "类别英文名称",
        "owner": "权属单位",
        "state": "状态",
        "lon": "经度",
        "lat": "纬度",
        "crs": "坐标系",
    },
    optional=frozenset({"class_en", "owner", "state", "crs"}),
    line=_ComponentLine,
    geojson=True,
    numbers=frozenset({"lon", "lat"}),
    spread=lambda row: {**row, "crs": "WGS84"},
)
OFFICERS = Sheet(
    name="officers",
    sort=OFFICER,
    columns={"subject": "账号", "roles": "角色", "skills": "技能"},
    optional=frozenset({"roles", "skills"}),
    line=_OfficerLine,
    lists=frozenset({"roles", "skills"}),
)
