"""Places as GeoJSON (RFC 7946), WGS84."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ValidationError

from dispatch_service.api.grid_schemas import Position, wgs84
from dispatch_service.api.sheets.columns import Sheet
from operations.sheets.tables import Cells
from runtime.http.strict_json import parse_json
from runtime.problems.validation import problem_of


class _Point(BaseModel):
    type: Literal["Point"]
    coordinates: Position


class _Feature(BaseModel):
    type: Literal["Feature"]
    geometry: Any = None
    properties: dict[str, Any]


class _PointFeature(_Feature):
    geometry: _Point


class _Collection(BaseModel):
    type: Literal["FeatureCollection"]
    crs: Annotated[dict[str, Any] | None, AfterValidator(wgs84)] = None


class _Features(_Collection):
    features: list[_Feature]


class _PointFeatures(_Collection):
    features: list[_PointFeature]


def features(sheet: Sheet, body: bytes) -> Iterator[Cells]:
    """Yield the properties that are columns of the sheet, of points with the place; others are left out of account.

    `Problem` where it is no GeoJSON.
    """
    model = _PointFeatures if sheet.numbers else _Features
    try:
        collection = model.model_validate(parse_json(body))
    except ValidationError as error:
        raise problem_of(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        ) from error
    for feature in collection.features:
        yield _cells(sheet, feature)


def _cells(sheet: Sheet, feature: _Feature) -> Cells:
    given = {name: _text(value) for name, value in feature.properties.items() if name in sheet.columns}
    if isinstance(feature, _PointFeature):
        lon, lat, *_ = feature.geometry.coordinates
        given |= {"lon": repr(lon), "lat": repr(lat), "crs": "WGS84"}
    return {name: text for name, text in given.items() if text}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def point_feature(sheet: Sheet, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the feature of what stands at a point."""
    properties = {name: row[name] for name in (*sheet.columns, "generated") if name not in {"lon", "lat", "crs"}}
    geometry = {"type": "Point", "coordinates": [row["lon"], row["lat"]]}
    return {"type": "Feature", "id": row["code"], "geometry": geometry, "properties": properties}
