"""Entries of a complaint, and what each question about them is answered by the slow and obvious way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger_service.domain.durations import EDGES


@dataclass(frozen=True)
class Step:
    """One entry."""

    type: str
    at: datetime
    data: Mapping[str, Any]
    id: UUID


def where(life: Sequence[Step]) -> Mapping[str, str]:
    """Return the dimensions that it counts under."""
    received = life[0].data
    assigned = last(life, "assigned")
    unit = assigned.data if assigned else {}
    placed = last(life, "assigned", "located")
    place = placed.data if placed else {}
    resolved = last(life, "resolved")
    return {
        "community": place.get("community", ""),
        "grid": place.get("grid", ""),
        "team": unit.get("team", ""),
        "officer": _officer(life),
        "category": (last(life, "reclassified") or life[0]).data.get("category", ""),
        "source": received["source"],
        "handling_mode": resolved.data["handling_mode"] if resolved else "",
        "department": _department(life),
    }


def _department(life: Sequence[Step]) -> str:
    moved = last(life, "assigned", "transferred")
    department: str = moved.data["department"] if moved and moved.type == "transferred" else ""
    return department


def _officer(life: Sequence[Step]) -> str:
    officer, is_elsewhere = "", False
    for step in life:
        if step.type == "assigned":
            officer, is_elsewhere = step.data.get("officer", ""), False
        elif step.type == "transferred":
            is_elsewhere = True
        elif step.type in ("accepted", "started") or (step.type == "resolved" and not is_elsewhere):
            officer = step.data["actor"]
    return officer


def handled_at(handled: Step) -> datetime:
    """Return when it was done."""
    said = handled.data.get("resolved_at")
    return handled.at if said is None else datetime.fromisoformat(said)


def promise(steps: Sequence[Step]) -> datetime | None:
    """Return by when it is promised after these."""
    promised = None
    for step in steps:
        if step.type in ("assigned", "extended", "rescheduled"):
            promised = step.data.get("promised_at")
        elif step.type == "resumed":
            promised = step.data.get("promised_at") or promised
    return None if promised is None else datetime.fromisoformat(promised)


def round_of(life: Sequence[Step]) -> Sequence[Step]:
    """Return what came after the last rework or reopening."""
    ends = [place for place, step in enumerate(life) if step.type in ("rework_ordered", "reopened")]
    return life[ends[-1] + 1 :] if ends else life


def last(steps: Sequence[Step], *types: str) -> Step | None:
    """Return the last step of some kinds."""
    return next((step for step in reversed(steps) if step.type in types), None)


def time_step(name: str, begin: datetime, end: datetime) -> str:
    """Return the name under which a time of work counts."""
    minutes = (end - begin).total_seconds() / 60
    return f"{name} {next((place for place, edge in enumerate(EDGES) if minutes <= edge), len(EDGES))}"
