"""From the columns of a file to the body of a complaint."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from operations.importing.document import Document
from operations.importing.errors import ImportRefused
from operations.importing.fields import EXPECTED, MOMENT, NOTHING, NUMBERS, PLACE, TARGETS
from operations.importing.moments import Moments
from operations.importing.said import Said
from runtime.problems.language import Language
from runtime.types import is_blank

_COLUMN = re.compile(r"\{([^{}]+)\}")
_OTHERS = "*"
_SHOWN = 8


class Flaw(NamedTuple):
    """What is wrong with a row, where, and what would be right."""

    column: str | None
    field: str | None
    problem: Said
    expected: Said = NOTHING

    def told(self, language: Language) -> dict[str, str | None]:
        """Return its parts, in their order, in a language."""
        return {
            "column": self.column,
            "field": self.field,
            "problem": self.problem.told(language),
            "expected": self.expected.told(language),
        }


class Unmappable(ValueError):
    """A row whose values cannot be brought into shape."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(flaw.problem.en for flaw in flaws))
        self.flaws = flaws


class Skipped(Exception):
    """A row that the mapping leaves out."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.problem.en)
        self.flaw = flaw


class ColumnMapping:
    """Makes complaints of rows as a mapping says."""

    def __init__(self, document: Document, zone: ZoneInfo) -> None:
        """`zone` is that of times without an offset where the mapping names none."""
        self.document = document
        self._moments = Moments(ZoneInfo(document.timezone) if document.timezone else zone, document.times)
        self._columns = {template: _COLUMN.findall(template) for each in document.map.values() for template in each}
        self._personal = frozenset(
            column
            for target, templates in document.map.items()
            if target.startswith("reporter.")
            for template in templates
            for column in self._columns[template]
        )
        self._seen: dict[int, int] = {}

    def check(self, header: Sequence[str], file: object) -> None:
        """Refuse, before the first row, a file whose header lacks a column that the mapping needs; ImportRefused."""
        has = frozenset(header)
        missing = [target for target in sorted(self.document.required) if not self._fillable(target, has)]
        if missing:
            needs = [*map(self._needs, missing)]
            listed, has_only = _joined(needs), _some(header)
            zh = f"{file} 缺少列：{listed.zh}。现有列：{has_only.zh}。"
            raise _lacks(Said(zh, f"{file} lacks columns: {listed.en}. It has: {has_only.en}."), needs)
        if not any(self._fillable(target, has) for target in PLACE):
            needs = [*map(self._needs, PLACE)]
            listed = _joined(needs)
            zh = f"{file} 没有说明地点的列：{listed.zh}。"
            raise _lacks(Said(zh, f"{file} has no column that says where it is: {listed.en}."), needs)

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of `POST /intake/v1/complaints` for one row; raises Unmappable, Skipped."""
        self._check_wanted(values)
        body: dict[str, Any] = {}
        used = set(self._personal)  # no attribute, also where another column says who reports
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
                problem = Said(f"未导入：{reason}", f"not imported: {reason}")
                raise Skipped(Flaw(column, None, problem, Said("未办结的诉求", "an open complaint")))

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
            raise Unmappable([self._unreadable(target, found, column)]) from error

    def _unreadable(self, target: str, found: str, column: str | None) -> Flaw:
        zh, en = EXPECTED[target]
        if target in NUMBERS:
            problem = Said(f"“{found[:40]}”不是数字", f"{found[:40]!r} is not a number")
            return Flaw(column, target, problem, EXPECTED[target])
        problem = Said(f"“{found[:40]}”不是时间", f"{found[:40]!r} is not a time")
        times = self.document.times
        return Flaw(column, target, problem, Said("，或 ".join([zh, *times]), " or ".join([en, *times])))

    def _translated(self, target: str, text: str, column: str | None) -> str | None:
        table = self.document.tables.get(target)
        if table is None or text in table:
            return table[text] if table else text
        if _OTHERS in table:
            return table[_OTHERS]
        problem = Said(
            f"“{text[:40]}”不在映射的 {target} 对照表中", f"{text[:40]!r} is not in the mapping's table of {target}"
        )
        known = _some(list(table))
        expected = Said(f"以下之一：{known.zh}", f"one of {known.en}")
        raise Unmappable([Flaw(column, target, problem, expected)])

    def _attributes(self, values: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
        named = self.document.attributes
        if named is None:
            found = {name: value for name, value in values.items() if name not in used}
        else:
            found = {name: values.get(column) for name, column in named.items()}
        return {name: value for name, value in found.items() if _is_scalar(value) and _says_something(value)}

    def _fillable(self, target: str, header: frozenset[str]) -> bool:
        return any(header.issuperset(self._columns[template]) for template in self.document.map.get(target, ()))

    def _needs(self, target: str) -> Said:
        templates = self.document.map.get(target)
        if not templates:
            return Said(f"{target}（映射未指定列）", f"{target} from no column")
        return Said(f"{target} 应取自 {' 或 '.join(templates)}", f"{target} from {' or '.join(templates)}")

    def _fingerprint(self, values: Mapping[str, Any]) -> str:
        """Return a reference for a row without one: the same row of the same file gets the same each time."""
        content = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()
        short = int.from_bytes(digest[:8])
        self._seen[short] = self._seen.get(short, 0) + 1
        return f"import-{digest.hex()[:32]}-{self._seen[short]}"


def _lacks(said: Said, needs: Sequence[Said]) -> ImportRefused:
    return ImportRefused(said, "import-columns-missing", needs)


def _put(body: dict[str, Any], target: str, value: object) -> None:
    *parents, name = target.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[name] = value


def _says_something(value: object) -> bool:
    return value is not None and not is_blank(str(value))


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _joined(parts: Sequence[Said]) -> Said:
    return Said("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


def _some(texts: Sequence[str]) -> Said:
    shown = [*texts[:_SHOWN], "…"] if len(texts) > _SHOWN else texts
    return Said("、".join(shown), ", ".join(shown))
