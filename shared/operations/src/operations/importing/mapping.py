"""From the columns of a file to the body of a complaint."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from operations.importing.document import Document
from operations.importing.errors import ImportRefused
from operations.importing.fields import EXPECTED, MOMENT, NUMBERS, PLACE, TARGETS
from operations.importing.moments import Moments
from runtime.types import is_blank

_COLUMN = re.compile(r"\{([^{}]+)\}")
_OTHERS = "*"
_SHOWN = 8


class Flaw(NamedTuple):
    """What is wrong with a row, where, and what would be right."""

    column: str | None
    field: str | None
    problem: str
    expected: str = ""


class Unmappable(ValueError):
    """A row whose values cannot be brought into shape."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(flaw.problem for flaw in flaws))
        self.flaws = flaws


class Skipped(Exception):
    """A row that the mapping leaves out."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.problem)
        self.flaw = flaw


class ColumnMapping:
    """Makes complaints of rows as a mapping says."""

    def __init__(self, document: Document, zone: ZoneInfo) -> None:
        """`zone` is that of times without an offset where the mapping names none."""
        self.document = document
        self._moments = Moments(ZoneInfo(document.timezone) if document.timezone else zone, document.times)
        self._columns = {template: _COLUMN.findall(template) for each in document.map.values() for template in each}
        self._seen: dict[int, int] = {}

    def check(self, header: Sequence[str], file: object) -> None:
        """Refuse, before the first row, a file whose header lacks a column that the mapping needs; ImportRefused."""
        has = frozenset(header)
        missing = [target for target in sorted(self.document.required) if not self._fillable(target, has)]
        if missing:
            needs = [*map(self._needs, missing)]
            raise _lacks(f"{file} lacks columns: {'; '.join(needs)}. It has: {_some(header)}.", needs)
        if not any(self._fillable(target, has) for target in PLACE):
            needs = [*map(self._needs, PLACE)]
            raise _lacks(f"{file} has no column that says where it is: {'; '.join(needs)}.", needs)

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of `POST /intake/v1/complaints` for one row; raises Unmappable, Skipped."""
        self._check_wanted(values)
        body: dict[str, Any] = {}
        used: set[str] = set()
        flaws: list[Flaw] = []
        for target in TARGETS:
            text, columns = self._value(target, values)
            used.update(columns)
            try:
                if text is not None and (value := self._typed(target, text, columns)) is not None:
                    _put(body, target, value)
            except Unmappable as error:
                flaws += error.flaws
        if flaws:
            raise Unmappable(flaws)
        if "external_ref" not in body:
            body["external_ref"] = self._fingerprint(values)
        if attributes := self._attributes(values, used):
            body["attributes"] = attributes
        return body

    def column_of(self, target: str | None, values: Mapping[str, Any]) -> str | None:
        """Return which columns filled a field of a row, None where none did."""
        return ", ".join(self._value(target, values)[1]) or None if target else None

    def reference_of(self, values: Mapping[str, Any]) -> str | None:
        """Return the reference of a row by its own columns, None where they hold none."""
        return self._value("external_ref", values)[0]

    def _check_wanted(self, values: Mapping[str, Any]) -> None:
        for column, reasons in self.document.skip.items():
            reason = reasons.get(str(values.get(column, "")).strip())
            if reason is not None:
                raise Skipped(Flaw(column, None, f"not imported: {reason}", "an open complaint"))

    def _value(self, target: str, values: Mapping[str, Any]) -> tuple[str | None, Sequence[str]]:
        """Return the text of a field and the columns that it comes from."""
        for template in self.document.map.get(target, ()):
            columns = self._columns[template]
            if all(_says_something(values.get(column)) for column in columns):
                return _COLUMN.sub(lambda match: str(values[match[1]]), template).strip(), columns
        return self.document.set.get(target), ()

    def _typed(self, target: str, text: str, columns: Sequence[str]) -> str | float | None:
        """Return the value of a field, None to leave it out; raises Unmappable."""
        column = ", ".join(columns) or None
        found = self._translated(target, text, column) if columns else text
        if found is None or target not in NUMBERS | {MOMENT}:
            return found
        try:
            return float(found) if target in NUMBERS else self._moments.read(found)
        except ValueError as error:
            kind = "number" if target in NUMBERS else "time"
            expected = " or ".join([EXPECTED[target], *self.document.times]) if kind == "time" else EXPECTED[target]
            raise Unmappable([Flaw(column, target, f"{found[:40]!r} is not a {kind}", expected)]) from error

    def _translated(self, target: str, text: str, column: str | None) -> str | None:
        table = self.document.tables.get(target)
        if table is None or text in table:
            return table[text] if table else text
        if _OTHERS in table:
            return table[_OTHERS]
        problem = f"{text[:40]!r} is not in the mapping's table of {target}"
        raise Unmappable([Flaw(column, target, problem, f"one of {_some(list(table))}")])

    def _attributes(self, values: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
        named = self.document.attributes
        if named is None:
            found = {name: value for name, value in values.items() if name not in used}
        else:
            found = {name: values.get(column) for name, column in named.items()}
        return {name: value for name, value in found.items() if _is_scalar(value) and _says_something(value)}

    def _fillable(self, target: str, header: frozenset[str]) -> bool:
        return any(header.issuperset(self._columns[template]) for template in self.document.map.get(target, ()))

    def _needs(self, target: str) -> str:
        return f"{target} from {' or '.join(self.document.map.get(target, ())) or 'no column'}"

    def _fingerprint(self, values: Mapping[str, Any]) -> str:
        """Return a reference for a row without one: the same row of the same file gets the same each time."""
        content = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()
        short = int.from_bytes(digest[:8])
        self._seen[short] = self._seen.get(short, 0) + 1
        return f"import-{digest.hex()[:32]}-{self._seen[short]}"


def _lacks(message: str, needs: Sequence[str]) -> ImportRefused:
    return ImportRefused(message, "import-columns-missing", needs)


def _put(body: dict[str, Any], target: str, value: object) -> None:
    *parents, name = target.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[name] = value


def _says_something(value: object) -> bool:
    return value is not None and not is_blank(str(value))


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")
