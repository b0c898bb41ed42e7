"""What is asked and answered about complaints that are probably about the same."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from intake_service.api.schemas import Description, Request
from intake_service.api.view_schemas import LocationOut
from operations.locations import LocationIn

Likeness = Annotated[float, Field(ge=0, le=1, description="1: the same words, or nearly, at the same point.")]


class SimilarItem(BaseModel):
    """A complaint that is probably about the same, as staff see it."""

    id: UUID
    number: str
    status: str
    category: str | None
    description: str
    location: LocationOut
    unit: str | None
    received_at: datetime
    likeness: Likeness
    distance: Annotated[int | None, Field(description="Metres; null where one of both has no point.")]
    affected: Annotated[int, Field(description="People who say that it is theirs too.")]
    merged_into: UUID | None


class SimilarOut(BaseModel):
    """Most alike first; complaints that came after `indexed_until` may be missing yet."""

    items: list[SimilarItem]
    indexed_until: datetime


class SimilarIn(Request):
    """What a reporter is about to file."""

    description: Description
    location: LocationIn
    category: Annotated[str, Field(max_length=100)] | None = None


class Place(BaseModel):
    """Roughly where: the middle of a square of about 200 m, and the community."""

    lon: float | None
    lat: float | None
    community: str | None


class ReportedAlready(BaseModel):
    """What everybody may know of somebody else's complaint. Not a word of what was written, for it may name people."""

    handle: Annotated[str, Field(description="For POST /intake/v1/complaints/{handle}/follow; good for you alone.")]
    category: str | None
    category_label: str | None
    place: Place
    status: str
    status_label: str
    received_on: date
    likeness: Likeness
    affected: int


class ReportedAlreadyOut(BaseModel):
    """Most alike first, five at most."""

    items: list[ReportedAlready]
