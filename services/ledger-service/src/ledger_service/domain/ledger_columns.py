"""The columns that classified ledgers 台账 may have, and what their lines may be grouped by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from ledger_service.domain.labels import Label
from ledger_service.domain.names import (
    FLAG_LABELS,
    MODE_LABELS,
    SATISFACTION_LABELS,
    STATUSES,
    Labels,
    kind_labels,
    unit_labels,
)

CellKind = Literal["text", "code", "flag", "number", "moment"]
"""What a column holds; a code is shown by its name where it has one."""
Names = Callable[[Labels], Mapping[str, Label]]
"""Finds them among what a tenant has named, or among what the platform has."""


def _nothing(_labels: Labels) -> Mapping[str, Label]:
    return {}


class Subject(StrEnum):
    """What the lines of a ledger are about."""

    COMPLAINTS = "complaints"
    ACTIVITIES = "activities"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what stands above it, what it holds, its width in characters, and the names of its codes."""

    code: str
    label: Label
    kind: CellKind = "text"
    width: float = 12.0
    names: Names = _nothing
    is_told: bool = False
    """People wrote it in their own words, so it may name somebody: it needs a right of its own."""

    def shown(self, value: str | bool, language: str, labels: Labels) -> str:
        """Return what people call a code or a flag, `language` being `zh` or `en`; an unknown code is its own name."""
        label = FLAG_LABELS[value] if isinstance(value, bool) else self.names(labels).get(value)
        return str(value) if label is None else (label.en if language == "en" else label.zh)


def _by_code(*columns: Column) -> Mapping[str, Column]:
    return {column.code: column for column in columns}


_COMMUNITY = Column("community", Label("社区", "Community"), "code", 12, lambda labels: labels.communities)
_GRID = Column("grid", Label("网格", "Grid"), "code", 12, lambda labels: labels.grids)
_ADDRESS = Column("address", Label("地点", "Place"), width=24)

COLUMNS: Mapping[Subject, Mapping[str, Column]] = {
    Subject.COMPLAINTS: _by_code(
        Column("number", Label("编号", "Number"), width=22),
        Column("received_at", Label("受理时间", "Received"), "moment", 16),
        Column("source", Label("事件来源", "Source"), "code", 16, lambda labels: labels.sources),
        Column("proactive", Label("未诉先办", "Proactive"), "flag", 9),
        Column("category", Label("类别", "Category"), "code", 16, lambda labels: labels.categories),
        Column("description", Label("内容", "Description"), width=36, is_told=True),
        _ADDRESS,
        _COMMUNITY,
        _GRID,
        Column("team", Label("处置单位", "Unit"), "code", 10, lambda labels: labels.teams),
        Column("team_name", Label("处置单位名称", "Name of the unit"), width=16),
        Column("department", Label("转办部门", "Department"), "code", 12, lambda labels: labels.departments),
        Column("handling_mode", Label("处置方式", "Handling mode"), "code", 12, lambda _: MODE_LABELS),
        Column("status", Label("状态", "Status"), "code", 14, lambda _: STATUSES),
        Column("promised_at", Label("承诺时限", "Promised"), "moment", 16),
        Column("first_assigned_at", Label("派遣时间", "Assigned"), "moment", 16),
        Column("started_at", Label("到场时间", "On site"), "moment", 16),
        Column("resolved_at", Label("处置时间", "Resolved"), "moment", 16),
        Column("verified_at", Label("核查时间", "Verified"), "moment", 16),
        Column("closed_at", Label("结案时间", "Closed"), "moment", 16),
        Column("on_time", Label("按期", "On time"), "flag", 8),
        Column("round", Label("轮次", "Round"), "number", 7),
        Column("returns", Label("退单次数", "Returns"), "number", 9),
        Column("satisfaction", Label("满意度", "Satisfaction"), "code", 12, lambda _: SATISFACTION_LABELS),
        Column("solved", Label("是否解决", "Solved"), "flag", 9),
        Column("external_ref", Label("外部编号", "External reference"), width=18),
        Column("complaint_id", Label("标识", "Id"), width=38),
    ),
    Subject.ACTIVITIES: _by_code(
        Column("happened_at", Label("活动时间", "Time"), "moment", 16),
        Column("kind", Label("活动类别", "Kind"), "code", 22, lambda _: kind_labels()),
        Column("quantity", Label("数量", "Quantity"), "number", 9),
        Column("unit", Label("单位", "Unit of count"), "code", 10, lambda _: unit_labels()),
        Column("people", Label("参与人数", "People"), "number", 9),
        _ADDRESS,
        _COMMUNITY,
        _GRID,
        Column("team", Label("队伍", "Team"), "code", 16, lambda labels: labels.teams),
        Column("evidence", Label("佐证", "Evidence"), width=38),
        Column("note", Label("备注", "Note"), width=36, is_told=True),
        Column("recorded_at", Label("登记时间", "Recorded"), "moment", 16),
        Column("id", Label("标识", "Id"), width=38),
    ),
}
"""Of complaints, `on_time` says whether the result came by the promised time; it is empty while that is open."""

GROUPS: Mapping[Subject, Mapping[str, Column]] = {
    Subject.COMPLAINTS: {
        **{
            code: COLUMNS[Subject.COMPLAINTS][code]
            for code in ("source", "category", "community", "grid", "team", "handling_mode", "status", "satisfaction")
        },
        "category_level_one": Column(
            "category_level_one", Label("大类", "Category, level one"), "code", 14, lambda labels: labels.categories
        ),
    },
    Subject.ACTIVITIES: {code: COLUMNS[Subject.ACTIVITIES][code] for code in ("kind", "community", "grid", "team")},
}
PERIODS: Mapping[Subject, tuple[str, ...]] = {
    Subject.COMPLAINTS: ("received_at", "resolved_at", "closed_at"),
    Subject.ACTIVITIES: ("happened_at",),
}
"""Which time says whether a line is in the period; the first is what counts unless a ledger says otherwise."""
FACETS: Mapping[Subject, Column] = {
    Subject.COMPLAINTS: COLUMNS[Subject.COMPLAINTS]["handling_mode"],
    Subject.ACTIVITIES: COLUMNS[Subject.ACTIVITIES]["kind"],
}
"""What totals are told apart by."""


def columns_of(subject: Subject, codes: Sequence[str]) -> list[Column]:
    """Return columns that stand side by side: `team` keeps its codes where `team_name` has the names."""
    found = [COLUMNS[subject][code] for code in codes]
    if "team_name" not in codes:
        return found
    return [replace(each, names=_nothing) if each.code == "team" else each for each in found]
