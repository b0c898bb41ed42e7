"""The lines of a file that somebody sends: what kind it is, its headings, and the cells of each line."""

from collections.abc import Sequence

from dispatch_service.api.sheets.columns import Sheet
from dispatch_service.api.sheets.geojson import features
from operations.sheets.tables import KINDS, Cells, read_table, within_limit
from runtime.problems import Problem

GEOJSON = "application/geo+json"


def read_lines(sheet: Sheet, media_type: str, body: bytes) -> list[tuple[int, Cells]]:
    """Return the lines of a file that are not empty, each with its number as spreadsheets count.

    Of GeoJSON the number is that of the feature, from 1. `Problem` where the file cannot be read, lacks a column, has
    one twice or one that nobody knows, or has more than `MOST_LINES` lines.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind == GEOJSON and sheet.geojson:
        return within_limit(enumerate(features(sheet, body), start=1))
    if kind not in kinds_of(sheet):
        raise Problem(415, "file-kind-unsupported", kinds=", ".join(kinds_of(sheet)))
    return read_table(sheet, media_type, body)


def kinds_of(sheet: Sheet) -> Sequence[str]:
    """Return the media types in which the sheet may come and go."""
    return (*KINDS, GEOJSON) if sheet.geojson else KINDS
