"""What is public: complaints without anybody in them, a coarse map, the figures of a month; and a tenant's choice."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StrictBool
from pydantic_core import PydanticCustomError

from contracts.categories import is_within
from contracts.lifecycle import Status
from contracts.payload import HandlingMode
from ledger_service.domain.publication import LEAST_K, PLAIN_STATES, UNCLASSIFIED, Publication
from ledger_service.domain.terrain import name_of, outline
from operations.documents import Kept

_MONTH = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)


def _first_day(given: object) -> date:
    if isinstance(given, date):
        return given
    if not (isinstance(given, str) and _MONTH.fullmatch(given)):
        raise PydanticCustomError("month-invalid", "not a month")
    return date.fromisoformat(f"{given}-01")


def month_text(month: date) -> str:
    """Return a month as it is written."""
    return f"{month:%Y-%m}"


Month = Annotated[
    date,
    BeforeValidator(_first_day, json_schema_input_type=str),
    PlainSerializer(month_text, return_type=str),
    Field(examples=["2026-03"]),
]
"""A month as text, such as `2026-03`; its first day in Python."""
Integer = Annotated[int, Field(strict=True)]
Category = Annotated[str, Field(min_length=1, max_length=100)]


def _code(kept: object) -> object:
    return kept if kept != "" else UNCLASSIFIED


_Code = BeforeValidator(_code)


def _apart(categories: list[str] | None) -> list[str] | None:
    """Refuse a category that is named twice, by itself or by one above it."""
    for place, code in enumerate(categories or ()):
        others = [each for other, each in enumerate(categories or ()) if other != place]
        if any(is_within(code, other) for other in others):
            raise PydanticCustomError("category-twice", "named twice")
    return categories


class PublicationBody(BaseModel):
    """What is made public. A change counts for months that are not published yet: none is published twice."""

    model_config = ConfigDict(extra="forbid")

    is_on: Annotated[StrictBool, Field(description="False: everything public answers 404.")]
    categories: Annotated[
        list[Category] | None,
        Field(min_length=1, max_length=200, description="With all levels below them; null: all."),
        AfterValidator(_apart),
    ] = None
    category_level: Annotated[Integer, Field(ge=1, le=2, description="How fine the category is told.")] = 1
    first_month: Annotated[Month | None, Field(description="The first month that is published.")] = None
    delay_days: Annotated[Integer, Field(ge=0, le=366, description="How long a month waits after its end.")] = 15
    k: Annotated[Integer, Field(ge=LEAST_K, le=1000, description="No count below it is told.")] = 5
    cell_resolution: Annotated[Integer, Field(ge=5, le=9, description="Of the map (H3): lower is coarser.")] = 8
    lists_complaints: StrictBool = True
    shows_map: StrictBool = True

    def publication(self) -> Publication:
        """Return it for the domain."""
        facts = {name: getattr(self, name) for name in PublicationBody.model_fields}
        return Publication(**{**facts, "categories": None if self.categories is None else tuple(self.categories)})


class PublicationView(PublicationBody):
    """The choice as it stands; `version` is the number in the `ETag`, 0 where none was made."""

    version: int
    changed_at: datetime | None
    changed_by: str | None

    @classmethod
    def of(cls, kept: Kept[Publication]) -> Self:
        """Return it as it is shown."""
        chosen = kept.settings
        facts = {name: getattr(chosen, name) for name in PublicationBody.model_fields}
        categories = None if chosen.categories is None else list(chosen.categories)
        return cls(
            **{**facts, "categories": categories},
            version=kept.version,
            changed_at=kept.changed_at,
            changed_by=kept.changed_by,
        )


class PublicComplaint(BaseModel):
    """One complaint, as everybody may see it. `ref` is random and leads nowhere else."""

    ref: UUID
    month: Annotated[Month, Field(description="In which it was received.")]
    category: Annotated[
        str | None, _Code, Field(description=f"Null where too few have it, `{UNCLASSIFIED}` where there is none.")
    ]
    community: Annotated[str | None, Field(description="Null where too few of the category have it.")]
    zh: Annotated[str, Field(description="How it stands now.")]
    en: str
    days: Annotated[int | None, Field(description="From its reception to its closing.")]
    handling_mode: HandlingMode | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return it as it is shown."""
        state = PLAIN_STATES[Status(row["status"])]
        names = ("ref", "month", "category", "community", "days", "handling_mode")
        return cls(zh=state.zh, en=state.en, **{name: row[name] for name in names})


class PublicMonth(BaseModel):
    """A month that is public."""

    month: Month
    published_at: datetime


class CategoryRow(BaseModel):
    """A category, with the communities in which enough of it were received; the rest is `received` less their sum."""

    category: Annotated[str, _Code, Field(description=f"`{UNCLASSIFIED}` for those without one.")]
    received: int
    communities: dict[str, int]


class PublicFigures(BaseModel):
    """A month as it stood when it was published. Null is withheld: below `k`, or it would give such a count away."""

    month: Month
    k: int
    received: int | None
    closed: int | None
    timed: Annotated[
        int | None,
        Field(description="Closed, with a promised time, without what is excluded 剔除; null in older months."),
    ] = None
    in_time: Annotated[int | None, Field(description="Of `timed`, resolved by the promised time.")]
    rated: Annotated[int | None, Field(description="Closed, with the reporter's word, without what is excluded 剔除.")]
    satisfied: Annotated[int | None, Field(description="Satisfied or basically satisfied 满意、基本满意.")]
    categories: list[CategoryRow]
    communities: Annotated[dict[str, int], Field(description="At least so many, of all categories.")]

    @classmethod
    def of(cls, month: date, told: Mapping[str, Any]) -> Self:
        """Return them as they are shown."""
        return cls(month=month, **{name: told[name] for name in cls.model_fields if name in told})


class Polygon(BaseModel):
    """A GeoJSON polygon, WGS84."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: list[list[tuple[float, float]]]


class CellCount(BaseModel):
    """How many complaints there were in a cell."""

    at_least: Annotated[int, Field(description="Rounded down to a multiple of `k`.")]


class CellFeature(BaseModel):
    """One cell of H3, named as there."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Polygon
    properties: CellCount


class PublicMap(BaseModel):
    """The cells that have enough complaints, as GeoJSON (RFC 7946)."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[CellFeature]

    @classmethod
    def of(cls, cells: Sequence[tuple[int, int]]) -> Self:
        """Return the cells as they are shown."""
        return cls(
            features=[
                CellFeature(
                    id=name_of(cell),
                    geometry=Polygon(coordinates=[outline(cell)]),
                    properties=CellCount(at_least=complaints),
                )
                for cell, complaints in cells
            ]
        )
