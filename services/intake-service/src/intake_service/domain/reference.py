"""Sources and categories: configuration shipped with the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Source:
    """Where complaints come from 事件来源."""

    code: str
    zh: str
    en: str
    proactive: bool
    """True for 未诉先办: found by the bureau before anyone complained."""
    roles: frozenset[str]
    """Callers with one of these roles may name this source."""
    takes: frozenset[str] = frozenset()
    """What its reports may say beside what any report says, of `source_rules.DETAILS`."""
    demands: frozenset[str] = frozenset()
    """What of that they must say."""


@dataclass(frozen=True)
class Category:
    """What complaints are about: 大类, or 小类 with its parent before the dot of its code."""

    code: str
    zh: str
    en: str

    @property
    def parent(self) -> str | None:
        """The code of the category above, None at the top."""
        return self.code.rpartition(".")[0] or None


@cache
def sources() -> Mapping[str, Source]:
    """Return the nine sources by code."""
    return {
        row["code"]: Source(
            code=row["code"],
            zh=row["zh"],
            en=row["en"],
            proactive=row["proactive"],
            roles=frozenset(row["roles"]),
            takes=frozenset(row["takes"]),
            demands=frozenset(row.get("demands", ())),
        )
        for row in _rows("sources.yaml")
    }


@cache
def categories() -> Mapping[str, Category]:
    """Return all categories by code, parents before children."""
    return {row["code"]: Category(row["code"], row["zh"], row["en"]) for row in _rows("categories.yaml")}


def _rows(name: str) -> list[dict[str, Any]]:
    text = files("intake_service.domain").joinpath("data", name).read_text("utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)
    return rows
