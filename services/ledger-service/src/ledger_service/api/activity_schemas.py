"""Activities and bulletins as JSON, and the bodies of what is done with activities."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ledger_service.api.schemas import LabelView, LocationView, Text
from ledger_service.domain.activity import Activity, Facts
from ledger_service.domain.activity_kinds import Kind, kinds
from ledger_service.domain.bulletin import BulletinLanguage, Figure
from ledger_service.domain.labels import Label
from operations.locations import LocationIn
from runtime.types import Instant, OneLine, saying_something

Name = Annotated[OneLine, Field(min_length=1, max_length=100), AfterValidator(saying_something)]
Reference = Annotated[OneLine, Field(min_length=1, max_length=500), AfterValidator(saying_something)]
Number = Annotated[int, Field(strict=True)]


class KindView(BaseModel):
    """A kind of activity; quantities are in its unit."""

    code: str
    label: LabelView
    unit: LabelView
    group: str
    group_label: LabelView

    @classmethod
    def of(cls, kind: Kind) -> Self:
        """Return it as it is shown."""
        return cls.model_validate(kind, from_attributes=True)


class Kinds(BaseModel):
    """All kinds, in the order of a bulletin."""

    items: list[KindView]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ActivityBody(_Request):
    """What was done. Do not name residents in it."""

    kind: Annotated[Name, Field(examples=["leaflets"], description="See /ledger/v1/activity-kinds.")]
    quantity: Annotated[Number, Field(examples=[30], description="In the unit of the kind, from 1 to 100000.")]
    happened_at: Instant
    location: LocationIn | None = None
    community: Name | None = None
    grid: Name | None = None
    team: Name | None = None
    people: Annotated[Number | None, Field(description="How many took part, from 1 to 100000.")] = None
    evidence: Annotated[
        tuple[Reference, ...],
        Field(max_length=20, description="Addresses or numbers of photos and papers that show it."),
    ] = ()
    note: Text | None = None

    def facts(self) -> Facts:
        """Return it with the place in WGS84."""
        place = self.location
        lon, lat = (place and place.wgs84()) or (None, None)
        values = self.model_dump(exclude={"location", "reason"})
        return Facts(**values, lon=lon, lat=lat, address=place.address if place else None)


class CorrectionBody(ActivityBody):
    """What was really done, all of it, and why it was said otherwise."""

    reason: Text


class VoidingBody(_Request):
    """Why it shall not count."""

    reason: Text


class ErasureBody(_Request):
    """Why what was written is erased. The reason is kept for good: it must not name the person."""

    ground: Annotated[
        Literal["request", "other"], Field(description="`request`: the person concerned has asked for it.")
    ] = "other"
    reason: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(saying_something)]


class ActivityView(BaseModel):
    """An activity as it stands. `version` is the number in the `ETag`; its entries have the `subject` `id`."""

    id: UUID
    version: int
    kind: str
    label: LabelView
    unit: LabelView
    quantity: int
    happened_at: datetime
    day: Annotated[date, Field(description="On which it counts, in the time zone of the county.")]
    location: LocationView | None
    community: str | None
    grid: str | None
    team: str | None
    people: int | None
    evidence: list[str]
    evidence_count: Annotated[int, Field(description="How many there are or, once they are erased, were.")]
    note: str | None
    recorded_by: str
    recorded_at: datetime
    generated: Annotated[bool, Field(description="Made up, for the demo county.")]
    voided_at: datetime | None
    void_reason: str | None
    erased_at: Annotated[datetime | None, Field(description="What was written up to then is erased.")]

    @classmethod
    def of(cls, activity: Activity) -> Self:
        """Return it as it is shown; a kind that is not in the list any more has its code for a name."""
        facts = activity.facts
        kind = kinds().get(facts.kind)
        unnamed = Label(facts.kind, facts.kind)
        is_somewhere = facts.lon is not None or facts.address is not None
        return cls(
            id=activity.id,
            version=activity.version,
            kind=facts.kind,
            label=LabelView.model_validate(kind.label if kind else unnamed),
            unit=LabelView.model_validate(kind.unit if kind else unnamed),
            quantity=facts.quantity,
            happened_at=facts.happened_at,
            day=activity.day,
            location=LocationView(lon=facts.lon, lat=facts.lat, address=facts.address) if is_somewhere else None,
            community=facts.community,
            grid=facts.grid,
            team=facts.team,
            people=facts.people,
            evidence=list(facts.evidence),
            evidence_count=activity.evidence_count,
            note=facts.note,
            recorded_by=activity.recorded_by,
            recorded_at=activity.recorded_at,
            generated=activity.generated,
            voided_at=activity.voided_at,
            void_reason=activity.void_reason,
            erased_at=activity.erased_at,
        )


class FigureView(BaseModel):
    """The sum of a kind in a bulletin."""

    kind: str
    label: LabelView
    unit: LabelView
    group: str
    quantity: int
    activities: Annotated[int, Field(description="How many activities that is.")]

    @classmethod
    def of(cls, figure: Figure) -> Self:
        """Return it as it is shown."""
        kind = figure.kind
        return cls(
            kind=kind.code,
            label=LabelView.model_validate(kind.label),
            unit=LabelView.model_validate(kind.unit),
            group=kind.group,
            quantity=figure.count.quantity,
            activities=figure.count.activities,
        )


class PeriodView(BaseModel):
    """Which days a bulletin is about, the first and the last included, and where."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    time_zone: str
    community: str | None
    team: str | None


class BulletinView(BaseModel):
    """A bulletin 通报: the paragraph, and the figures in it."""

    language: BulletinLanguage
    text: str
    period: PeriodView
    figures: list[FigureView]
