"""What every tenant begins with: categories 大类、小类, nine sources 九大类事件来源, and dispatch's own settings."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from contracts.shipped import Part, shipped_text


@cache
def shipped_codes(part: Part) -> frozenset[str]:
    """Return the codes of all items of a part of the configuration."""
    return frozenset(shipped_names(part))


@cache
def shipped_names(part: Part) -> Mapping[str, Mapping[str, str]]:
    """Return what all items of a part of the configuration are called, by code and language."""
    return {row["code"]: {"zh": row["zh"], "en": row["en"]} for row in _rows(part)}


@cache
def shipped_sources() -> Mapping[str, bool]:
    """Return the codes of all sources, each with whether what it reports is proactive 未诉先办."""
    return {row["code"]: row["proactive"] for row in _rows("sources")}


def shipped_setting(name: Literal["field_work", "limits", "replies"]) -> Any:
    """Return one of dispatch's settings, as JSON has it."""
    return yaml.safe_load(files("dispatch_service.domain").joinpath("data", f"{name}.yaml").read_text("utf-8"))


def _rows(part: Part) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load(shipped_text(part))
    return rows
