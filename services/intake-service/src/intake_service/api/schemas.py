"""Request and response models of intake. Requests refuse unknown fields and coerce nothing."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)
from pydantic_core import PydanticCustomError

from contracts.events import HandlingMode
from intake_service.domain.complaint import Location, Reporter
from intake_service.domain.report import Handling, Report
from operations.locations import LocationIn
from runtime.types import FiniteFloat, Instant, Integer

Scalar = StrictBool | Integer | FiniteFloat | Annotated[str, Field(max_length=1000)] | None


class Request(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReporterIn(Request):
    """Who reports. Kept in intake, shown to those who may contact reporters."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9][0-9 \-]{4,30}$")] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$")] | None = None
    anonymous: StrictBool = False


class SelfHandledIn(Request):
    """自处理: what the caller has done about it on the spot. The case is resolved at once, and verified by rule."""

    handling_mode: HandlingMode
    result: Annotated[str, Field(min_length=1, max_length=2000)]
    handled_at: Annotated[Instant | None, Field(description="Just now where it is left out.")] = None


_NOBODY = Reporter()


class ComplaintIn(Request):
    """A new complaint 诉求."""

    source: Annotated[str, Field(max_length=50, examples=["resident_app"])]
    category: Annotated[str, Field(max_length=100, examples=["street_order.parking"])] | None = None
    description: Annotated[str, Field(min_length=1, max_length=10_000)]
    location: LocationIn
    reporter: ReporterIn | None = None
    occurred_at: Instant | None = None
    attachments: Annotated[
        list[UUID], Field(default_factory=list, max_length=100, description="Uploaded before, by the same caller")
    ]
    external_ref: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    attributes: Annotated[dict[Annotated[str, Field(min_length=1, max_length=100)], Scalar], Field(max_length=50)] = {}
    self_handled: SelfHandledIn | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.description.strip():
            raise PydanticCustomError("blank-description", "The description is blank")
        return self

    def to_report(self) -> Report:
        """Return the command that asks for this complaint to be accepted."""
        reporter, done = self.reporter, self.self_handled
        return Report(
            source=self.source,
            category=self.category,
            description=self.description,
            location=_location(self.location),
            reporter=Reporter(reporter.name, reporter.phone, reporter.email, reporter.anonymous)
            if reporter
            else _NOBODY,
            occurred_at=self.occurred_at,
            external_ref=self.external_ref,
            attributes=dict(self.attributes),
            attachments=tuple(self.attachments),
            handling=Handling(done.handling_mode, done.result, done.handled_at) if done else None,
        )


def _location(given: LocationIn) -> Location:
    """Return it in WGS84, with what was given beside it."""
    point = given.wgs84()
    if point is None:
        return Location(address=given.address)
    return Location(*point, given.address, given.lon, given.lat, given.crs)


class BatchIn(Request):
    """Up to 500 complaints; each stands for itself and gets its own result."""

    items: Annotated[
        list[dict[str, Any]],
        Field(min_length=1, max_length=500, description="Each as the body of POST /intake/v1/complaints"),
    ]


class WithdrawalIn(Request):
    """Why the reporter takes the complaint back."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class SuggestedCategory(BaseModel):
    """A category that the description suggests, with the model's confidence in it."""

    code: str
    confidence: Annotated[float, Field(ge=0, le=1)]


class ComplaintAccepted(BaseModel):
    """The receipt. Keep `query_code`: it is what an anonymous reporter follows the complaint with."""

    id: UUID
    number: str
    status: Literal["received"]
    query_code: str
    received_at: datetime
    source: str
    category: str | None
    suggested_category: SuggestedCategory | None = None
    version: int


class BatchItem(BaseModel):
    """What became of one item: 201 with its receipt, or the status and body of its problem."""

    index: int
    status: int
    complaint: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None


class BatchResult(BaseModel):
    """The results, in the order of the items."""

    created: int
    refused: int
    items: list[BatchItem]


class LocationOut(BaseModel):
    """WGS84 degrees; `given` is what the reporter's client sent."""

    lon: float | None
    lat: float | None
    crs: Literal["WGS84"] = "WGS84"
    address: str | None
    given: dict[str, Any] | None


class ReporterOut(BaseModel):
    """Contact data, for those who may contact reporters."""

    name: str | None
    phone: str | None
    email: str | None
    anonymous: bool


class Step(BaseModel):
    """One step of the way."""

    status: str
    at: datetime
    reason: str | None = Field(default=None, description="Why it was voided, or closed by force; null otherwise.")


class ComplaintView(BaseModel):
    """A complaint as its reporter and the staff see it; `reporter` is null without the right to contact reporters."""

    id: UUID
    number: str
    status: str
    version: int
    source: str
    proactive: bool
    category: str | None
    suggested_category: SuggestedCategory | None
    description: str
    location: LocationOut
    reporter: ReporterOut | None
    unit: str | None
    occurred_at: datetime | None
    received_at: datetime
    updated_at: datetime
    erased_at: Annotated[datetime | None, Field(description="Since then nothing here says whose complaint it is.")]
    external_ref: str | None
    attributes: dict[str, Any]
    attachments: list[UUID]
    progress: list[Step]


class WithdrawalResult(BaseModel):
    """`withdrawn`, or `requested` while dispatch has not decided yet."""

    id: UUID
    status: str
    withdrawal: Literal["withdrawn", "requested"]
    version: int
