"""Times as files have them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from operations.importing.errors import NotTaken
from operations.importing.said import Said
from operations.sheets.workbook import DAY_ZERO

EXCEL = "excel"
_TIMES = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
_SOME = datetime(2024, 2, 28, 11, 25, 5, tzinfo=UTC)


def layout(text: str) -> str:
    """Return the layout of times; NotTaken where no time can be read by it."""
    try:
        if text != EXCEL:
            datetime.strptime(_SOME.strftime(text), text)  # noqa: DTZ007 - what it says is not wanted
    except (ValueError, re.error) as error:
        raise NotTaken(Said(f"无法按 {text:.40} 读取时间", f"no time can be read as {text:.40}")) from error
    return text


class Moments:
    """Reads times in the layouts of a mapping, in ISO 8601 and as Chinese files usually have them."""

    def __init__(self, zone: ZoneInfo, layouts: Sequence[str]) -> None:
        """`zone` is that of times without an offset; `layouts` are as those of `Document.times`."""
        self._zone = zone
        self._excel = EXCEL in layouts
        self._layouts = [layout for layout in layouts if layout != EXCEL]

    def read(self, text: str) -> str:
        """Return an RFC 3339 time; ValueError where it is none."""
        moment = _parsed(text, self._layouts) or self._serial(text) or _iso(text) or _parsed(text, _TIMES)
        if moment is None:
            raise ValueError(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).isoformat()

    def _serial(self, text: str) -> datetime | None:
        if not self._excel:
            return None
        try:
            return DAY_ZERO + timedelta(seconds=round(float(text) * 86_400))
        except (ValueError, OverflowError):
            return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parsed(text: str, layouts: Sequence[str]) -> datetime | None:
    for layout in layouts:
        try:
            return datetime.strptime(text, layout)  # noqa: DTZ007 - the zone is the mapping's, added by the caller
        except ValueError:
            continue
    return None
