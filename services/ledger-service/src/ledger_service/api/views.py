"""Rows to answers."""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from contracts.lifecycle import Status
from ledger_service.api.schemas import ComplaintView, EntryView, LiveEntry, Story
from ledger_service.domain.disclosure import STAFF_ONLY, WORDS, Sight, names_actor, shown
from ledger_service.domain.entry_types import entry_type
from ledger_service.domain.labels import STATUS_LABELS, label_of
from ledger_service.persistence.stories import Row

View = TypeVar("View", bound=BaseModel)


def complaint_view(row: Row, sight: Sight) -> ComplaintView:
    """Return what the reader sees of a row of the complaint table."""
    return ComplaintView.model_validate(_complaint(row, sight))


def story(row: Row, entries: Iterable[Row], sight: Sight) -> Story:
    """Return a complaint with its timeline; each entry of dispatch names the team that had the case at that time."""
    return Story.model_validate({**_complaint(row, sight), "timeline": list(_timeline(entries, sight))})


def entry_view(row: Row, sight: Sight) -> EntryView:
    """Return what one of the staff sees of a row of the entry table."""
    return EntryView.model_validate(_entry(row, parse_data(row["data"]), sight))


def live_entry(row: Row, sight: Sight) -> LiveEntry:
    """Return what one of the staff sees of an entry with its complaint, as `persistence.newest` reads it."""
    about = {**row, "source": row["reported_by"], "location": _location(row)}
    return LiveEntry.model_validate({**_entry(row, parse_data(row["data"]), sight), "complaint": about})


def seen(view: View, sight: Sight) -> View:
    """Return a view with null for what people wrote where the reader may not see it."""
    if sight is Sight.ALL:
        return view
    return view.model_copy(update=dict.fromkeys(type(view).model_fields.keys() & WORDS))


def parse_data(text: str | None) -> dict[str, Any]:
    """Return an entry's data, or none that was erased. NaN and numbers without end, which JSON has not, become null."""
    if text is None:
        return {}
    data: dict[str, Any] = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    return data


def _complaint(row: Row, sight: Sight) -> dict[str, Any]:
    return {
        **row,
        "id": row["complaint_id"],
        "status_label": STATUS_LABELS[Status(row["status"])],
        "location": _location(row),
        "team": {"code": row["team"], "name": row["team_name"]} if row["team"] else None,
        "worker": None if sight is Sight.REPORTED else row["worker"],
        "unknown_photos": None if sight is Sight.REPORTED else row["unknown_photos"],
        "description": None if sight is Sight.FACTS else row["description"],
    }


def _location(row: Row) -> dict[str, Any]:
    return {"lon": row["lon"], "lat": row["lat"], "address": row["address"]}


def _timeline(entries: Iterable[Row], sight: Sight) -> Iterator[dict[str, Any]]:
    team_name = None
    for row in entries:
        if row["type"] in STAFF_ONLY and sight is Sight.REPORTED:
            continue
        data = parse_data(row["data"])
        team_name = data.get("team_name", team_name)
        yield _entry(row, data, sight) | {"unit": team_name if row["source"] == "dispatch" else None}


def _entry(row: Row, data: dict[str, Any], sight: Sight) -> dict[str, Any]:
    kind = entry_type(row["type"])
    return {
        **row,
        "type": kind,
        "label": label_of(kind),
        "from": row["status_before"],
        "to": row["status_after"],
        "at": row["occurred_at"],
        "actor": row["actor"] if names_actor(kind, sight) else None,
        "erased": row["data"] is None,
        "data": shown(kind, data, sight),
    }


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None
