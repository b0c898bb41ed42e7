"""Answers of lists of complaints."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from intake_service.api.filter_fields import FilterFields
from intake_service.api.view_schemas import ComplaintView
from intake_service.persistence.complaint_lists import MOST_COUNTED
from operations.pages import Page
from runtime.paging import DEFAULT_LIMIT, MAX_LIMIT

GEOJSON = "application/geo+json"


class ListQuery(FilterFields):
    """What a list is asked for."""

    filter: Annotated[
        UUID | None, Field(description="A saved filter; what the query gives itself counts instead of its parts.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Items on a page.")] = DEFAULT_LIMIT
    cursor: Annotated[
        str | None, Field(max_length=1024, description="From the `Link: rel=next` of the page before.")
    ] = None
    total: Annotated[bool, Field(description=f"Say how many there are, up to {MOST_COUNTED:,}.")] = False
    format: Annotated[
        Literal["json", "geojson"] | None,
        Field(description=f"`geojson` for a map, as with `Accept: {GEOJSON}`; what has no point is left out."),
    ] = None


class ExcerptView(BaseModel):
    """The part of a description with the words that were looked for; `marks` are places in it, from and to."""

    text: str
    marks: list[tuple[int, int]]


class ListedComplaint(ComplaintView):
    """A complaint in a list."""

    excerpt: Annotated[ExcerptView | None, Field(description="Where `q` was given and the description has it.")] = None


class Total(BaseModel):
    """How many complaints match."""

    count: int
    more: Annotated[bool, Field(description="There are more than `count`.")]


class ComplaintPage(Page[ListedComplaint]):
    """A page of complaints."""

    total: Annotated[Total | None, Field(description="Where it was asked for.")] = None


class PointView(BaseModel):
    """A point of GeoJSON: lon, lat."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class MappedFacts(BaseModel):
    """What a map shows of a complaint."""

    number: str
    status: str
    status_label: str
    category: str | None
    source: str
    unit: str | None
    received_at: datetime
    updated_at: datetime
    address: str | None
    description: str


class ComplaintFeature(BaseModel):
    """A complaint on a map."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: PointView
    properties: MappedFacts


class ComplaintCollection(BaseModel):
    """A page of complaints as GeoJSON (RFC 7946); `Link` leads to the next page as in any list."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[ComplaintFeature]


def feature(row: Any, label: str) -> ComplaintFeature:
    """Return a complaint that has a point as a feature."""
    facts = {name: getattr(row, name) for name in MappedFacts.model_fields if name != "status_label"}
    return ComplaintFeature(
        id=row.id,
        geometry=PointView(coordinates=(row.lon, row.lat)),
        properties=MappedFacts(**facts, status_label=label),
    )
