"""What people call codes, as shipped; intake and dispatch tell what a tenant calls its own."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from ledger_service.domain.activity_kinds import kinds
from ledger_service.domain.labels import STATUS_LABELS, Label

MODE_LABELS: Mapping[str, Label] = {
    "guidance": Label("宣传引导", "Guidance"),
    "on_site_rectification": Label("现场整改", "On-site rectification"),
    "rectification_within_limit": Label("限期整改", "Rectification within a time limit"),
    "verbal_education": Label("口头教育", "Verbal education"),
    "case_filed": Label("立案查处", "Case filed for penalty"),
}
SATISFACTION_LABELS: Mapping[str, Label] = {
    "satisfied": Label("满意", "Satisfied"),
    "basically_satisfied": Label("基本满意", "Basically satisfied"),
    "dissatisfied": Label("不满意", "Dissatisfied"),
}
FLAG_LABELS: Mapping[bool, Label] = {True: Label("是", "Yes"), False: Label("否", "No")}
STATUSES: Mapping[str, Label] = {str(status): label for status, label in STATUS_LABELS.items()}


@cache
def source_labels() -> Mapping[str, Label]:
    """Return the names of the nine sources 九大类事件来源."""
    return _names("sources")


@cache
def category_labels() -> Mapping[str, Label]:
    """Return the names of the shipped categories of the first two levels 大类、小类."""
    return _names("categories")


@dataclass(frozen=True, slots=True)
class Labels:
    """What a tenant calls its categories and sources, its communities, grids, teams and departments."""

    categories: Mapping[str, Label]
    sources: Mapping[str, Label]
    communities: Mapping[str, Label] = field(default_factory=dict)
    grids: Mapping[str, Label] = field(default_factory=dict)
    teams: Mapping[str, Label] = field(default_factory=dict)
    departments: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """The codes of the categories and sources that a tenant has or had."""

    categories: Collection[str]
    sources: Collection[str]


@cache
def shipped_labels() -> Labels:
    """Return the names for a tenant that has configured none."""
    return Labels(category_labels(), source_labels())


@cache
def kind_labels() -> Mapping[str, Label]:
    """Return the names of the kinds of activities."""
    return {code: kind.label for code, kind in kinds().items()}


@cache
def unit_labels() -> Mapping[str, Label]:
    """Return what the quantity of each kind of activities counts."""
    return {code: kind.unit for code, kind in kinds().items()}


def _names(table: str) -> Mapping[str, Label]:
    text = files("ledger_service.domain").joinpath("data", "names.toml").read_text("utf-8")
    return {code: Label(row["zh"], row["en"]) for code, row in tomllib.loads(text)[table].items()}
