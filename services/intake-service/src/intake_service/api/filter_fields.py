"""What a list of complaints can be narrowed to, as queries and saved filters say it."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError

from contracts.events import RequestKind
from contracts.lifecycle import ENDED, Status
from intake_service.domain import search
from intake_service.persistence.complaint_filters import Circle, ComplaintFilter, Order
from operations.filters import BoundingBox, box_of
from runtime.types import Instant

_GROUPS = {"open": frozenset(Status) - ENDED, "ended": ENDED}
_STATUSES = [*(str(each) for each in Status), *_GROUPS]
MOST_METRES = 50_000.0
_BOX = "west,south,east,north in WGS84 degrees, such as `107.18,26.53,107.29,26.63`."


def _known(status: str) -> str:
    if status not in _STATUSES:
        raise PydanticKnownError("enum", {"expected": ", ".join(f"'{each}'" for each in _STATUSES)})
    return status


_Code = Annotated[str, Field(min_length=1, max_length=100)]
_Codes = Annotated[list[_Code], Field(max_length=50, description="May be repeated: any of them.")]
_Status = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": _STATUSES})]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class FilterFields(BaseModel):
    """Complaints match all that is given, and of several values any one."""

    q: Annotated[
        str | None,
        Field(
            description='Words that all occur in description, address, number or reference; `"a phrase"` as it stands, '
            "`-word` not at all, `parki*` how an English word begins. Newest first, found a moment after they came in."
        ),
    ] = None
    status: Annotated[
        list[_Status], Field(max_length=len(_STATUSES), description="May be repeated; `open` and `ended` are several.")
    ] = []
    category: Annotated[list[_Code], Field(max_length=50, description="With all below it. May be repeated.")] = []
    source: _Codes = []
    kind: Annotated[list[RequestKind], Field(max_length=10, description="May be repeated.")] = []
    community: _Codes = []
    grid: _Codes = []
    unit: Annotated[
        list[_Code], Field(max_length=50, description="Name of the team that answers for it. May be repeated.")
    ] = []
    number: _Codes = []
    external_ref: _Codes = []
    proactive: Annotated[bool | None, Field(description="未诉先办, or 接诉即办 where false.")] = None
    anonymous: bool | None = None
    categorised: Annotated[bool | None, Field(description="Whether it has a category.")] = None
    located: Annotated[bool | None, Field(description="Whether it has a point, or an address alone.")] = None
    outside_area: Annotated[bool | None, Field(description="Whether it lies outside the tenant's area.")] = None
    has_attachments: bool | None = None
    confidential: Annotated[bool | None, Field(description="Whether only supervisors see who reported it.")] = None
    confidence_from: Annotated[
        _Share | None, Field(description="Of the suggested category, at least so much; others have none.")
    ] = None
    confidence_below: Annotated[_Share | None, Field(description="Of the suggested category, less than that.")] = None
    received_from: Annotated[Instant | None, Field(description="Received at or after this moment.")] = None
    received_to: Annotated[Instant | None, Field(description="Received before this moment.")] = None
    updated_after: Annotated[Instant | None, Field(description="Changed after this moment.")] = None
    updated_to: Annotated[Instant | None, Field(description="Not changed after this moment.")] = None
    bbox: Annotated[str | None, Field(max_length=100, description=_BOX)] = None
    near: Annotated[str | None, Field(max_length=60, description="lon,lat in WGS84 degrees; needs `radius`.")] = None
    radius: Annotated[
        float | None, Field(gt=0, le=MOST_METRES, allow_inf_nan=False, description="Metres around `near`.")
    ] = None
    sort: Annotated[
        Order,
        Field(description="By receipt, or by the last change; `updated_oldest` to fetch changes one after the other."),
    ] = "newest"

    @field_validator("q")
    @classmethod
    def _can_be_looked_for(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                search.terms(value)
        except search.BadSearch as error:
            raise PydanticCustomError(error.code, "cannot be looked for", {"most": error.most}) from error
        return value

    @field_validator("bbox")
    @classmethod
    def _is_box(cls, value: str | None) -> str | None:
        if value is not None and box_of(value) is None:
            raise PydanticCustomError("bbox-invalid", "no box")
        return value

    @field_validator("near")
    @classmethod
    def _is_point(cls, value: str | None) -> str | None:
        if value is not None and box_of(f"{value},{value}") is None:
            raise PydanticCustomError("near-invalid", "no point")
        return value

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if (self.near is None) != (self.radius is None):
            raise PydanticCustomError("near-incomplete", "near and radius go together")
        if self.q is not None and self.sort != "newest":
            raise PydanticCustomError("search-sorted-otherwise", "what is looked for comes newest first")
        return self

    def wanted(self) -> ComplaintFilter:
        """Return what they ask of complaints."""
        statuses = {status for each in self.status for status in _GROUPS.get(each, {each})}
        codes = ("category", "source", "kind", "community", "grid", "unit", "number", "external_ref")
        as_they_are = [
            "q",
            "proactive",
            "anonymous",
            "categorised",
            "located",
            "outside_area",
            "has_attachments",
            "confidential",
            "confidence_from",
            "confidence_below",
            "received_from",
            "received_to",
            "updated_after",
            "updated_to",
            "sort",
        ]
        several: dict[str, Any] = {name: tuple(sorted({str(each) for each in getattr(self, name)})) for name in codes}
        return ComplaintFilter(
            **{name: getattr(self, name) for name in as_they_are},
            **several,
            status=tuple(sorted(str(each) for each in statuses)),
            bbox=box_of(self.bbox) if self.bbox is not None else None,
            near=_circle(self.near, self.radius),
        )

    def given(self) -> dict[str, object]:
        """Return what filters or sorts otherwise than lists do anyway, as JSON has it."""
        return self.model_dump(mode="json", include=set(FilterFields.model_fields), exclude_defaults=True)

    def said(self) -> dict[str, object]:
        """Return what was given, as JSON has it, what lists do anyway too: it counts instead of a saved filter's."""
        return self.model_dump(mode="json", include=set(FilterFields.model_fields), exclude_unset=True)


def read_filters(content: Mapping[str, Any]) -> ComplaintFilter:
    """Return what was asked of complaints, from what `given` said of it."""
    return FilterFields.model_validate(content).wanted()


def _circle(near: str | None, radius: float | None) -> Circle | None:
    if near is None or radius is None:
        return None
    box: BoundingBox | None = box_of(f"{near},{near}")
    return None if box is None else Circle(box[0], box[1], radius)
