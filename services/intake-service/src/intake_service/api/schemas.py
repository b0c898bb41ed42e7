"""Request and response models of intake. Requests refuse unknown fields and coerce nothing."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from contracts.events import HandlingMode, RequestKind
from intake_service.domain.complaint import Location, Reporter
from intake_service.domain.origin import Device, Order, Origin
from intake_service.domain.report import Handling, Report
from operations.locations import LocationIn
from runtime.types import FiniteFloat, Instant, Integer, is_blank, saying_something

Scalar = StrictBool | Integer | FiniteFloat | Annotated[str, Field(max_length=1000)] | None
Chosen = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=200)]
"""The answer to a question of which several choices may be right."""


def _of_any_type(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Return an attribute; raise one error for what is of none of its types, not one for each type."""
    try:
        return handler(value)
    except ValidationError:
        raise PydanticCustomError("attribute-value", "of none of the types that an attribute may have") from None


def _described(value: str) -> str:
    if is_blank(value):
        raise PydanticCustomError("blank-description", "The description is blank")
    return value


Attribute = Annotated[Scalar | Chosen, WrapValidator(_of_any_type)]
Reason = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(saying_something)]


class Request(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReporterIn(Request):
    """Who reports. Kept in intake, shown to those who may contact reporters."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9][0-9 \-]{4,30}$")] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$")] | None = None
    anonymous: StrictBool = False
    confidential: Annotated[
        StrictBool,
        Field(description="At their wish, only supervisors see who they are; of a report on others it is always so."),
    ] = False


class SelfHandledIn(Request):
    """自处理: what the caller has done about it on the spot. The case is resolved at once, and verified by rule."""

    handling_mode: HandlingMode
    result: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(saying_something)]
    handled_at: Annotated[Instant | None, Field(description="Just now where it is left out.")] = None


_NOBODY = Reporter()


Description = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_described)]
SourceCode = Annotated[str, Field(max_length=50, examples=["resident_app"])]


class DeviceIn(Request):
    """The camera or sensor that has recognised it."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    confidence: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = None
    snapshot: Annotated[UUID | None, Field(description="What it saw: one of `attachments`.")] = None


class OrderIn(Request):
    """上级交办: what a superior has ordered."""

    number: Annotated[str, Field(min_length=1, max_length=100)]
    deadline: Annotated[
        Instant | None, Field(description="The promised time, where the limit of the category ends later.")
    ] = None


class ReportFields(Request):
    """What a report says beside its source, its description and its place. Each source takes some of it."""

    kind: Annotated[RequestKind, Field(description="投诉、咨询、求助、举报、建议")] = "complaint"
    category: Annotated[str, Field(max_length=100, examples=["street_order.parking"])] | None = None
    reporter: ReporterIn | None = None
    occurred_at: Instant | None = None
    attachments: Annotated[
        list[UUID], Field(default_factory=list, max_length=100, description="Uploaded before, by the same caller")
    ]
    external_ref: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    attributes: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=100)], Attribute],
        Field(max_length=50, description="Answers to the questions of the category, by name, and what else you know"),
    ] = {}
    self_handled: SelfHandledIn | None = None
    station: Annotated[
        str | None, Field(min_length=1, max_length=100, description="Code of the station where it was taken")
    ] = None
    device: DeviceIn | None = None
    order: OrderIn | None = None


class ComplaintIn(ReportFields):
    """A new complaint 诉求."""

    source: SourceCode
    description: Description
    location: LocationIn

    def to_report(self) -> Report:
        """Return the command that asks for this complaint to be accepted."""
        reporter, done = self.reporter, self.self_handled
        return Report(
            source=self.source,
            category=self.category,
            description=self.description,
            location=location_of(self.location),
            reporter=Reporter(reporter.name, reporter.phone, reporter.email, reporter.anonymous, reporter.confidential)
            if reporter
            else _NOBODY,
            occurred_at=self.occurred_at,
            external_ref=self.external_ref,
            attributes=dict(self.attributes),
            attachments=tuple(self.attachments),
            handling=Handling(done.handling_mode, done.result, done.handled_at) if done else None,
            kind=self.kind,
            origin=_origin(self),
        )


def _origin(given: ReportFields) -> Origin:
    device, order = given.device, given.order
    return Origin(
        given.station,
        Device(device.id, device.confidence, device.snapshot) if device else None,
        Order(order.number, order.deadline) if order else None,
    )


def location_of(given: LocationIn) -> Location:
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

    reason: Reason | None = None


class CodedWithdrawalIn(WithdrawalIn):
    """Why, with the query code of the receipt."""

    query_code: Annotated[str, Field(min_length=1, max_length=100)]


class SuggestedCategory(BaseModel):
    """A category that the description suggests, with the model's confidence in it."""

    code: str
    confidence: Annotated[float, Field(ge=0, le=1)]


class WarningOut(BaseModel):
    """What is doubtful about a complaint that was accepted."""

    pointer: Annotated[str, Field(description="Which field.")]
    code: Annotated[str, Field(description="`station-unknown`: dispatch has told of no such station.")]


class ComplaintAccepted(BaseModel):
    """The receipt. Keep `query_code`: it is what an anonymous reporter follows the complaint with."""

    id: UUID
    number: str
    status: Literal["received"]
    query_code: str
    received_at: datetime
    source: str
    kind: RequestKind
    category: str | None
    suggested_category: SuggestedCategory | None = None
    version: int
    warnings: Annotated[list[WarningOut], Field(description="There only where there are some.")] = []


class BatchItem(BaseModel):
    """What became of one item: 201 with its receipt, or the status and body of its problem; in a dry run 200."""

    index: int
    status: int
    complaint: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    warnings: Annotated[list[WarningOut], Field(description="As in the receipt; in a dry run, as it would have them.")]


class BatchResult(BaseModel):
    """The results, in the order of the items."""

    created: int
    refused: int
    items: list[BatchItem]


class WithdrawalResult(BaseModel):
    """`withdrawn`, or `requested` while dispatch has not decided yet."""

    id: UUID
    status: str
    withdrawal: Literal["withdrawn", "requested"]
    version: int
