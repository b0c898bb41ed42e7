"""Open cases on a map, as GeoJSON (RFC 7946)."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import h3.api.basic_str as h3
from pydantic import BaseModel, Field
from pydantic_core import to_json

from contracts.lifecycle import Status
from ledger_service.api.hotspot_schemas import PointView
from ledger_service.api.schemas import LabelView, TeamRef
from ledger_service.domain.labels import STATUS_LABELS
from ledger_service.domain.lights import Light
from ledger_service.persistence.open_cases import Found, Row

_AS_THEY_ARE = (
    "number",
    "category",
    "status",
    "light",
    "promised_at",
    "received_at",
    "community",
    "grid",
)
_LABELS = {str(status): label._asdict() for status, label in STATUS_LABELS.items()}


class OpenCaseFacts(BaseModel):
    """What a map shows of an open case."""

    number: str
    category: str | None
    status: Status
    status_label: LabelView
    light: Annotated[Light | None, Field(description="null: no time is promised yet.")]
    promised_at: datetime | None
    received_at: datetime
    community: str | None
    grid: str | None
    team: TeamRef | None
    description: Annotated[str | None, Field(description="Where it was asked for; what people wrote.")] = None


class OpenCaseFeature(BaseModel):
    """An open case; `id` is that of the complaint."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: PointView
    properties: OpenCaseFacts


class CellView(BaseModel):
    """How many of the cases that were too many are in a cell of H3; the point is its centre."""

    cell: str
    lon: float
    lat: float
    count: int


class OpenCaseCollection(BaseModel):
    """Open cases by urgency, the first to be resolved at the head."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    as_of: datetime
    truncated: Annotated[bool, Field(description="There are more than `limit`: the others are counted in `cells`.")]
    unplaced: Annotated[int, Field(description="Cases without a position; a `bbox` does not narrow them down.")]
    features: list[OpenCaseFeature]
    cells: list[CellView]


def collection_of(found: Found, *, at: datetime, described: bool, resolution: int) -> bytes:
    """Write an OpenCaseCollection as JSON, by hand: there may be thousands of features, and models take most time."""
    return to_json(
        {
            "type": "FeatureCollection",
            "as_of": at,
            "truncated": bool(found.others),
            "unplaced": found.unplaced,
            "features": [_feature(row, described) for row in found.cases],
            "cells": cells_of(found.others, resolution),
        }
    )


def _feature(row: Row, described: bool) -> dict[str, Any]:
    properties = {name: row[name] for name in _AS_THEY_ARE}
    properties["status_label"] = _LABELS[row["status"]]
    properties["team"] = {"code": row["team"], "name": row["team_name"]} if row["team"] else None
    if described:
        properties["description"] = row["description"]
    geometry = {"type": "Point", "coordinates": (row["lon"], row["lat"])}
    return {"type": "Feature", "id": row["complaint_id"], "geometry": geometry, "properties": properties}


def cells_of(points: Iterable[tuple[float, float]], resolution: int) -> list[CellView]:
    """Return how many of the points (longitude, latitude) are in each cell, the fullest first."""
    counts = Counter(h3.latlng_to_cell(lat, lon, resolution) for lon, lat in points)
    cells = []
    for cell, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        lat, lon = h3.cell_to_latlng(cell)
        cells.append(CellView(cell=cell, lon=round(lon, 6), lat=round(lat, 6), count=count))
    return cells
