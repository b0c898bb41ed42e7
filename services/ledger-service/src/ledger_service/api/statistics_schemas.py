"""Statistics as JSON."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from ledger_service.api.schemas import LabelView
from ledger_service.domain.durations import EDGES
from ledger_service.domain.indicators import Unit
from ledger_service.domain.statistics_settings import Minutes, Settings
from ledger_service.persistence.statistics_settings import KeptSettings
from runtime.types import FiniteFloat, Integer

_Key = dict[str, date | str | None]


class DaysView(BaseModel):
    """Days, the first and the last included."""

    model_config = ConfigDict(populate_by_name=True)

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]


class IndicatorView(BaseModel):
    """What an indicator is; a share is from 0 to 1."""

    code: str
    name: LabelView
    unit: Unit
    is_better_high: bool


class ComparedView(BaseModel):
    """What it was in the period that it is compared with, and by how much it has changed since."""

    value: float | None
    change: float | None
    sample: int


class FigureView(BaseModel):
    """The value of an indicator, null without a sample; `sample` is the denominator."""

    value: float | None
    numerator: float | None
    sample: int
    compared: dict[str, ComparedView] | None = None


class RowView(BaseModel):
    """One line: whom or what it is about (null: nobody, nothing), counts, and figures by indicator."""

    key: _Key
    names: dict[str, LabelView]
    counts: dict[str, int]
    figures: dict[str, FigureView]


class _Asked(BaseModel):
    period: DaysView
    time_zone: str
    as_of: Annotated[date | None, Field(description="At the end of this day; null: as it is now.")]
    settings_version: Annotated[int, Field(description="See /ledger/v1/statistics/settings; 0 is as shipped.")]
    filters: dict[str, str]
    indicators: list[IndicatorView]


class IndicatorsView(_Asked):
    """Indicators, line by line."""

    by: list[str]
    compared_with: Annotated[
        dict[str, DaysView],
        Field(description="The days that were counted: of a period that is not over, as many as it has had."),
    ]
    rows: list[RowView]


class PointView(BaseModel):
    """A day, a month or a year, by its first day."""

    at: date
    counts: dict[str, int]
    figures: dict[str, FigureView]


class SeriesView(_Asked):
    """Indicators over time, a series for each line; no step is left out."""

    step: str
    series: list["OneSeriesView"]


class OneSeriesView(BaseModel):
    """One line over time."""

    key: _Key
    names: dict[str, LabelView]
    points: list[PointView]


class PlaceView(BaseModel):
    """One of a ranking; `rank` is null where the sample is below `min_sample`, never of a plain number."""

    rank: int | None
    key: str | None
    name: LabelView | None
    value: float | None
    sample: int
    grade: str | None
    figures: dict[str, FigureView]


class RankingView(_Asked):
    """Who does better: the best first, those with too small a sample last."""

    by: str
    indicator: str
    min_sample: int
    rows: list[PlaceView]


class MinutesBody(BaseModel):
    """Within how many minutes is in time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dispatch: Integer
    discovery: Integer
    on_site: Integer
    removal: Integer


Score = Annotated[FiniteFloat, Field(ge=0, le=100)]


class SettingsBody(BaseModel):
    """What a tenant chooses of its figures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    basically_satisfied: Annotated[FiniteFloat, Field(ge=0, le=1, description="Which share of 基本满意 counts.")]
    minutes: Annotated[MinutesBody, Field(description=f"Each one of {', '.join(map(str, EDGES))}.")]
    weights: Annotated[dict[str, Annotated[FiniteFloat, Field(ge=0, le=1000)]], Field(min_length=1, max_length=50)]
    grades: Annotated[tuple[Score, Score, Score], Field(description="The lowest scores for A, B and C.")]
    min_sample: Annotated[Integer, Field(ge=0, le=1_000_000)]
    exclusions: Annotated[bool, Field(strict=True, description="Whether what was excluded 剔除 is left out.")]

    def settings(self) -> Settings:
        """Return them for the domain."""
        return Settings(**{**self.model_dump(), "minutes": Minutes(**self.minutes.model_dump())})


class SettingsView(SettingsBody):
    """One version; `shipped`: the tenant has set none. `version` is the number in the `ETag`."""

    version: int
    shipped: bool
    changed_at: datetime | None
    changed_by: str | None

    @classmethod
    def of(cls, kept: KeptSettings) -> Self:
        """Return it as it is shown."""
        facts: dict[str, Any] = {
            "version": kept.version,
            "shipped": kept.version == 0,
            "changed_at": kept.changed_at,
            "changed_by": kept.changed_by,
        }
        return cls.model_validate(kept.settings.content() | facts)
