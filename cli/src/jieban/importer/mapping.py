"""From the columns of a file to the body of a complaint."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jieban.errors import UserError

TARGETS = (
    "source",
    "category",
    "description",
    "location.lon",
    "location.lat",
    "location.crs",
    "location.address",
    "reporter.name",
    "reporter.phone",
    "reporter.email",
    "occurred_at",
    "external_ref",
)
_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "source": ("{source}", "{来源}"),
    "category": ("{category}", "{类别}"),
    "description": ("{description}", "{subject}\n{text}", "{text}", "{描述}", "{内容}"),
    "location.lon": ("{lon}", "{lng}", "{longitude}", "{经度}"),
    "location.lat": ("{lat}", "{latitude}", "{纬度}"),
    "location.crs": ("{crs}",),
    "location.address": ("{address}", "{地址}", "{subject}"),
    "occurred_at": ("{occurred_at}", "{time}", "{时间}"),
    "external_ref": ("{external_ref}", "{id}", "{编号}"),
}
_COLUMN = re.compile(r"\{([^{}]+)\}")
_NUMBERS = frozenset({"location.lon", "location.lat"})
_TIMES = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")


class Unmappable(ValueError):
    """A row whose values cannot be brought into shape; the text says which and why."""


@dataclass
class ColumnMapping:
    """Which columns make which field.

    Each target has templates such as `{subject}\\n{text}`; the first whose columns all hold something is taken.
    Columns that no template uses become attributes.
    """

    zone: ZoneInfo
    templates: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(_DEFAULTS))
    constants: dict[str, str] = field(default_factory=lambda: {"source": "hotline"})
    _seen: dict[str, int] = field(default_factory=dict)

    def use(self, target: str, template: str) -> None:
        """Make `target` from `template`, or from a column where the template has no braces; UserError if unknown."""
        _check(target)
        self.templates[target] = (template if "{" in template else f"{{{template}}}",)

    def fix(self, target: str, value: str) -> None:
        """Give `target` the same value in every row that has no column for it."""
        _check(target)
        self.constants[target] = value

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of `POST /intake/v1/complaints` for one row; raises Unmappable."""
        body: dict[str, Any] = {}
        used: set[str] = set()
        for target in TARGETS:
            text = self._value(target, values, used)
            if text is not None:
                _put(body, target, self._typed(target, text))
        body.setdefault("external_ref", self._fingerprint(values))
        attributes = {name: value for name, value in values.items() if name not in used and _is_scalar(value)}
        if attributes:
            body["attributes"] = attributes
        return body

    def _value(self, target: str, values: Mapping[str, Any], used: set[str]) -> str | None:
        for template in self.templates.get(target, ()):
            columns = _COLUMN.findall(template)
            if all(values.get(column) not in (None, "") for column in columns):
                used.update(columns)
                return _COLUMN.sub(lambda match: str(values[match[1]]), template).strip()
        return self.constants.get(target)

    def _typed(self, target: str, text: str) -> str | float:
        if target in _NUMBERS:
            try:
                return float(text)
            except ValueError as error:
                raise Unmappable(f"{target}: {text[:40]!r} is not a number") from error
        return self._instant(text) if target == "occurred_at" else text

    def _instant(self, text: str) -> str:
        """Return an RFC 3339 time; one without an offset is local time of the tenant."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = _parsed(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).isoformat()

    def _fingerprint(self, values: Mapping[str, Any]) -> str:
        """Return a reference for a row without one: the same row of the same file gets the same each time."""
        content = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._seen[digest] = self._seen.get(digest, 0) + 1
        return f"import-{digest}-{self._seen[digest]}"


def _parsed(text: str) -> datetime:
    for layout in _TIMES:
        try:
            return datetime.strptime(text, layout)  # noqa: DTZ007 - the zone is the tenant's, added by the caller
        except ValueError:
            continue
    raise Unmappable(f"occurred_at: {text[:40]!r} is not a time such as 2019/2/28 11:25:05")


def _check(target: str) -> None:
    if target not in TARGETS:
        raise UserError(f"There is no field {target}; the fields are: {', '.join(TARGETS)}.")


def _put(body: dict[str, Any], target: str, value: object) -> None:
    *parents, name = target.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[name] = value


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float | bool)
