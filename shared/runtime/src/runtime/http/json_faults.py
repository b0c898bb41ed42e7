"""Finding the place in a JSON text where it stops being strict JSON. Only runs on texts that were refused."""

import json
import math
import re
from collections.abc import Callable
from typing import NamedTuple

MAX_DEPTH = 32
"""Levels of arrays and objects that a body may have."""
MAX_INTEGER_DIGITS = 20
"""Characters of the longest integer, its sign included; any that PostgreSQL's bigint holds is shorter."""

# A string that does not end is taken as a whole: looked for anew from each quote in it, a long one would take hours.
_LEXEME = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\]:,]|-?Infinity|NaN|-?[0-9][0-9.eE+-]*|\ufeff', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Fault(NamedTuple):
    """What is wrong, at which character."""

    offset: int
    reason_zh: str
    reason_en: str


def locate(text: str) -> Fault | None:
    """Return the first thing that strict JSON refuses though the grammar of `json` may allow it, if there is one."""
    scan = _Scan()
    for found in _LEXEME.finditer(text):
        fault = scan.see(found[0], found.start())
        if fault is not None:
            return fault
    return None


class _Scan:
    """Keeps, for each open object, the keys seen so far (None for an array), so that nothing here recurses."""

    def __init__(self) -> None:
        self._open: list[set[str] | None] = []
        self._expects_key = False

    def see(self, lexeme: str, offset: int) -> Fault | None:
        if lexeme[0] == '"':
            return self._string(lexeme, offset)
        check = _CHECKS.get(lexeme[0])
        return check(lexeme, offset) if check else self._structure(lexeme, offset)

    def _structure(self, lexeme: str, offset: int) -> Fault | None:
        if lexeme in "[{":
            self._open.append(set() if lexeme == "{" else None)
            if len(self._open) > MAX_DEPTH:
                return Fault(offset, f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")
        elif lexeme in "]}" and self._open:
            self._open.pop()
        self._expects_key = lexeme in "{," and bool(self._open) and self._open[-1] is not None
        return None

    def _string(self, lexeme: str, offset: int) -> Fault | None:
        try:
            value = json.loads(lexeme)
        except ValueError:
            return None
        keys = self._open[-1] if self._expects_key else None
        self._expects_key = False
        if "\0" in value:
            return Fault(offset, "文本中不允许 NUL 字符", "NUL is not allowed in a string")
        if _SURROGATE.search(value):
            return Fault(offset, "文本中有不成对的代理字符", "a lone surrogate in a string")
        if keys is not None and value in keys:
            return Fault(offset, "键重复", "duplicate key")
        if keys is not None:
            keys.add(value)
        return None


def _constant(_lexeme: str, offset: int) -> Fault:
    return Fault(offset, "不允许 NaN 或 Infinity", "NaN and Infinity are not allowed")


def _mark(_lexeme: str, offset: int) -> Fault:
    return Fault(offset, "不允许字节顺序标记", "a byte order mark is not allowed")


def _number(lexeme: str, offset: int) -> Fault | None:
    if lexeme.endswith("y"):
        return _constant(lexeme, offset)
    try:
        if not lexeme.lstrip("-").isdigit():
            is_fault = math.isinf(float(lexeme))
            return Fault(offset, "数字超出范围", "a number out of range") if is_fault else None
    except ValueError:
        return None
    return Fault(offset, "整数过长", "too many digits") if len(lexeme) > MAX_INTEGER_DIGITS else None


_CHECKS: dict[str, Callable[[str, int], Fault | None]] = {
    "N": _constant,
    "I": _constant,
    "\ufeff": _mark,
    **dict.fromkeys("-0123456789", _number),
}
