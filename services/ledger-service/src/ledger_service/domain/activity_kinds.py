"""The kinds of activities 活动: configuration shipped with the service."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ledger_service.domain.labels import Label


@dataclass(frozen=True)
class Kind:
    """A kind of activity, what its quantity counts, and how a bulletin says it."""

    code: str
    label: Label
    unit: Label
    group: str
    group_label: Label
    counted: Label
    """A clause with `{n}` for the sum."""
    one: str
    """The English clause for a sum of 1."""


@cache
def kinds() -> Mapping[str, Kind]:
    """Return all kinds by code, in the order of a bulletin."""
    text = files("ledger_service.domain").joinpath("data", "activity_kinds.toml").read_text("utf-8")
    return {
        code: Kind(
            code=code,
            label=Label(row["zh"], row["en"]),
            unit=Label(row["unit_zh"], row["unit_en"]),
            group=group,
            group_label=Label(section["zh"], section["en"]),
            counted=Label(row["counted_zh"], row["counted_en"]),
            one=row["en_one"],
        )
        for group, section in tomllib.loads(text).items()
        for code, row in section["kinds"].items()
    }
