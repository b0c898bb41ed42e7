"""Complaints as they are shown."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.events import RequestKind
from intake_service.api.schemas import SuggestedCategory


class LocationOut(BaseModel):
    """WGS84 degrees; `given` is what the reporter's client sent."""

    lon: float | None
    lat: float | None
    crs: Literal["WGS84"] = "WGS84"
    address: str | None
    given: dict[str, Any] | None


class DeviceOut(BaseModel):
    """The camera or sensor that has recognised it."""

    id: str
    confidence: float | None
    snapshot: UUID | None


class OrderOut(BaseModel):
    """What a superior has ordered."""

    number: str
    deadline: datetime | None


class ReporterOut(BaseModel):
    """Contact data, for those who may contact reporters."""

    name: str | None
    phone: str | None
    email: str | None
    anonymous: bool


class AdviceOut(BaseModel):
    """What a reporter should do instead; English where it was given."""

    zh: str
    en: str | None = None


class Step(BaseModel):
    """One step of the way."""

    status: str
    at: datetime
    reason: str | None = Field(default=None, description="Why it was voided, or closed by force; null otherwise.")
    code: str | None = Field(
        default=None, description="Of a rejection: out_of_scope, not_ours, unclear, spam and so on."
    )
    advice: AdviceOut | None = Field(default=None, description="What to do instead, where it was rejected.")


class NameOut(BaseModel):
    """What something is called."""

    zh: str
    en: str


class ReclassificationOut(BaseModel):
    """A change of the category; who has made it and why, staff see."""

    category: str
    former: str | None = None
    at: datetime
    reason: str | None = None
    by: str | None = None


class ComplaintView(BaseModel):
    """A complaint as its reporter and the staff see it; `reporter` is null without the right to contact reporters."""

    id: UUID
    number: str
    status: str
    version: int
    configuration_version: Annotated[
        int, Field(description="Of categories and sources: that it was filed under, or put into another category.")
    ]
    source: str
    source_name: Annotated[NameOut | None, Field(description="As it was then.")]
    proactive: bool
    kind: RequestKind
    category: str | None
    category_name: Annotated[NameOut | None, Field(description="As it was then.")]
    suggested_category: SuggestedCategory | None
    description: str
    location: LocationOut
    reporter: ReporterOut | None
    outside_area: Annotated[bool, Field(description="Where it is lies outside the area of the tenant.")]
    confidential: Annotated[bool, Field(description="Only supervisors, and the reporter, see who reported it.")]
    station: str | None
    station_known: Annotated[
        bool | None, Field(description="Whether dispatch has told of it; null where it has told of none.")
    ]
    device: DeviceOut | None
    order: OrderOut | None
    unit: str | None
    occurred_at: datetime | None
    received_at: datetime
    updated_at: datetime
    erased_at: Annotated[datetime | None, Field(description="Since then nothing here says whose complaint it is.")]
    external_ref: str | None
    attributes: dict[str, Any]
    attachments: Annotated[list[UUID], Field(description="Staff see those of what was merged into it too.")]
    reclassifications: list[ReclassificationOut]
    merged_into: Annotated[UUID | None, Field(description="What is worked on for this one too 并案; for staff.")]
    merged: Annotated[list[UUID], Field(description="What was merged into it; for staff.")]
    affected: Annotated[
        int,
        Field(description="People who did not report it and say that it, or what was merged into it, is theirs too."),
    ]
    progress: list[Step]
