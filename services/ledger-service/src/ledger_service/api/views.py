"""Rows to answers."""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from contracts.lifecycle import EventType, Status
from ledger_service.api.schemas import ComplaintView, EntryView, LiveEntry, Story
from ledger_service.domain.disclosure import STAFF_ONLY, for_reporter
from ledger_service.domain.entry_types import entry_type
from ledger_service.domain.labels import STATUS_LABELS, label_of
from ledger_service.persistence.stories import Row


def complaint_view(row: Row, *, is_staff: bool) -> ComplaintView:
    """Return what the reader sees of a row of the complaint table."""
    return ComplaintView.model_validate(_complaint(row, is_staff))


def story(row: Row, entries: Iterable[Row], *, is_staff: bool) -> Story:
    """Return a complaint with its timeline; each entry of dispatch names the team that had the case at that time."""
    return Story.model_validate({**_complaint(row, is_staff), "timeline": list(_timeline(entries, is_staff))})


def entry_view(row: Row) -> EntryView:
    """Return what staff see of a row of the entry table."""
    return EntryView.model_validate(_entry(row, parse_data(row["data"]), is_staff=True))


def live_entry(row: Row) -> LiveEntry:
    """Return what staff see of an entry with its complaint, as `persistence.newest` reads it."""
    about = {**row, "source": row["reported_by"], "location": _location(row)}
    return LiveEntry.model_validate({**_entry(row, parse_data(row["data"]), is_staff=True), "complaint": about})


def parse_data(text: str | None) -> dict[str, Any]:
    """Return an entry's data, or none that was erased. NaN and numbers without end, which JSON has not, become null."""
    if text is None:
        return {}
    data: dict[str, Any] = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    return data


def _complaint(row: Row, is_staff: bool) -> dict[str, Any]:
    return {
        **row,
        "id": row["complaint_id"],
        "status_label": STATUS_LABELS[Status(row["status"])],
        "location": _location(row),
        "team": {"code": row["team"], "name": row["team_name"]} if row["team"] else None,
        "worker": row["worker"] if is_staff else None,
    }


def _location(row: Row) -> dict[str, Any]:
    return {"lon": row["lon"], "lat": row["lat"], "address": row["address"]}


def _timeline(entries: Iterable[Row], is_staff: bool) -> Iterator[dict[str, Any]]:
    team_name = None
    for row in entries:
        if row["type"] in STAFF_ONLY and not is_staff:
            continue
        data = parse_data(row["data"])
        team_name = data.get("team_name", team_name)
        yield _entry(row, data, is_staff) | {"unit": team_name if row["source"] == "dispatch" else None}


def _entry(row: Row, data: dict[str, Any], is_staff: bool) -> dict[str, Any]:
    kind = entry_type(row["type"])
    return {
        **row,
        "type": kind,
        "label": label_of(kind),
        "from": row["status_before"],
        "to": row["status_after"],
        "at": row["occurred_at"],
        "actor": row["actor"] if is_staff else None,
        "erased": row["data"] is None,
        "data": data if is_staff or not isinstance(kind, EventType) else for_reporter(kind, data),
    }


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None
