"""Hot spots as JSON and as GeoJSON, and the rules that they are found by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ledger_service.domain.hotspot_rules import LevelRule, Rules
from ledger_service.domain.hotspots import Ending, Hotspot, State, Trend
from operations.documents import Kept

Integer = Annotated[int, Field(strict=True)]


class CentreView(BaseModel):
    """The middle of the complaints."""

    lon: float
    lat: float
    crs: Literal["WGS84"] = "WGS84"


class _Measures(BaseModel):
    state: State
    radius_metres: Annotated[int, Field(description="How far the complaints are from the centre at the most.")]
    count: Annotated[int, Field(description="Complaints in the window.")]
    expected: Annotated[float, Field(description="How many there should be, by the time before and by elsewhere.")]
    score: Annotated[float, Field(description="-log10 of the chance of so many: 3 stands for one in a thousand.")]
    trend: Trend


class _Facts(_Measures):
    id: UUID
    version: Annotated[int, Field(description="Counts its events; the number in the `ETag`.")]
    category: Annotated[str, Field(description="At the level that was looked at.")]
    community: str | None
    grid: str | None
    first_at: Annotated[datetime, Field(description="Of the first complaint, for as long as the hot spot is live.")]
    last_at: datetime
    detected_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    ending: Ending | None
    merged_into: Annotated[UUID | None, Field(description="The hot spot that it has become a part of.")]
    evidence: Annotated[list[UUID], Field(description="Its newest complaints, 20 at the most.")]


class HotspotView(_Facts):
    """A hot spot 热点: more complaints of a category came from there than should have."""

    centre: CentreView

    @classmethod
    def of(cls, spot: Hotspot) -> Self:
        """Return it as it is shown."""
        return cls(centre=_centre(spot), **_facts(spot))


class ChangeView(_Measures):
    """What was told of a hot spot at a time."""

    version: int
    at: datetime
    centre: CentreView


class HotspotStory(HotspotView):
    """A hot spot with what was told of it, the newest first; of the last 200 changes."""

    history: list[ChangeView]

    @classmethod
    def told(cls, spot: Hotspot, changes: Sequence[Mapping[str, Any]]) -> Self:
        """Return it with its history."""
        history = [ChangeView(centre=CentreView(lon=row["lon"], lat=row["lat"]), **row) for row in changes]
        return cls(centre=_centre(spot), history=history, **_facts(spot))


class PointView(BaseModel):
    """A GeoJSON point in WGS84."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class HotspotFeature(BaseModel):
    """A hot spot as a GeoJSON feature; draw `radius_metres` around the point."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: PointView
    properties: _Facts

    @classmethod
    def of(cls, spot: Hotspot) -> Self:
        """Return the feature of a hot spot."""
        point = PointView(coordinates=(spot.description.lon, spot.description.lat))
        return cls(id=spot.id, geometry=point, properties=_Facts(**_facts(spot)))


class HotspotCollection(BaseModel):
    """A page of hot spots as GeoJSON (RFC 7946)."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[HotspotFeature]


class LevelBody(BaseModel):
    """From when on a group of complaints of one category level is a hot spot."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    level: Annotated[Integer, Field(ge=1, le=3, description="Parts of the category: 1 大类, 2 小类, 3 立案条件.")]
    min_count: Annotated[Integer, Field(ge=2, le=10_000, description="Complaints within about 400 m.")]
    min_reporters: Annotated[Integer, Field(ge=1, le=10_000, description="Different people among them.")]
    significance: Annotated[
        float, Field(gt=0, le=0.2, allow_inf_nan=False, description="Which part of what is found may be chance.")
    ]


class RulesBody(BaseModel):
    """What hot spots are found by."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    window_days: Annotated[Integer, Field(ge=1, le=28, description="Days before today that count as recent.")]
    baseline_days: Annotated[Integer, Field(ge=7, le=364, description="Days before, to compare with.")]
    levels: Annotated[list[LevelBody], Field(min_length=1, max_length=3)]

    def rules(self) -> Rules:
        """Return them for the domain."""
        levels = tuple(LevelRule(**each.model_dump()) for each in self.levels)
        return Rules(window_days=self.window_days, baseline_days=self.baseline_days, levels=levels)


class RulesView(RulesBody):
    """The rules that count now; `shipped`: the tenant has set none. `version` is the number in the `ETag`."""

    version: int
    shipped: bool
    changed_at: datetime | None
    changed_by: str | None

    @classmethod
    def of(cls, kept: Kept[Rules]) -> Self:
        """Return them as they are shown."""
        facts = {"version": kept.version, "changed_at": kept.changed_at, "changed_by": kept.changed_by}
        return cls.model_validate({**kept.settings.content(), "shipped": kept.version == 0, **facts})


def _centre(spot: Hotspot) -> CentreView:
    return CentreView(lon=spot.description.lon, lat=spot.description.lat)


def _facts(spot: Hotspot) -> dict[str, Any]:
    told = spot.description
    return {name: getattr(told if hasattr(told, name) else spot, name) for name in _Facts.model_fields}
