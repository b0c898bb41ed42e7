"""One strict JSON parser for every body.

`json.loads` alone takes NaN, numbers that overflow, lone surrogates, NUL and duplicate keys, any of which breaks
something further in: the answer's encoding, PostgreSQL's text, or the reader's idea of what was said.
The fast path only notices that something is wrong; `json_faults` then finds out what and where.
"""

import json
import math
import re
from typing import Any, NoReturn

from runtime.http.json_faults import MAX_DEPTH, MAX_INTEGER_DIGITS, Fault, locate
from runtime.problems import Problem

_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class _Refused(ValueError):
    """The text is JSON by the letter, but not strict JSON."""


def parse_json(body: bytes) -> Any:
    """Return the value of a UTF-8 JSON text.

    Raises `Problem` 400 `json-invalid` with reason, line and column for anything that is not strict JSON: another
    encoding, NaN or Infinity, numbers out of range, lone surrogates, NUL, duplicate keys, more than 32 levels.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise _encoding_problem(body, error) from None
    try:
        value = _decoder.decode(text)
        _check_depth(text, value)
        if "\\u" in text and _SUSPICIOUS_ESCAPE.search(text):
            _check_strings(value)
    except json.JSONDecodeError as error:
        syntax = Fault(error.pos, "语法错误", _english(error))
        fault = min(locate(text) or syntax, syntax, key=lambda found: found.offset)
    except (_Refused, RecursionError):
        fault = locate(text) or Fault(0, "不是严格的 JSON", "not strict JSON")
    else:
        return value
    raise _problem(text, fault)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        raise _Refused
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Refused
    return number


def _constant(_name: str) -> NoReturn:
    raise _Refused


_decoder = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)


def _check_depth(text: str, value: Any) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise _Refused


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or not _is_encodable(value):
            raise _Refused
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_strings(key)
            _check_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_strings(inner)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _english(error: json.JSONDecodeError) -> str:
    return (error.msg[:1].lower() + error.msg[1:]).removesuffix(" at")


def _encoding_problem(body: bytes, error: UnicodeDecodeError) -> Problem:
    line = body.count(b"\n", 0, error.start) + 1
    column = error.start - body.rfind(b"\n", 0, error.start)
    return Problem(400, "json-invalid", reason_zh="不是 UTF-8 编码", reason_en="not UTF-8", line=line, column=column)


def _problem(text: str, fault: Fault) -> Problem:
    line = text.count("\n", 0, fault.offset) + 1
    column = fault.offset - text.rfind("\n", 0, fault.offset)
    return Problem(400, "json-invalid", reason_zh=fault.reason_zh, reason_en=fault.reason_en, line=line, column=column)
