"""The texts of every problem code, in both languages. Services add their own when they are imported."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from runtime.problems.language import Language
from runtime.problems.texts import FIELD_TEXTS, PROBLEM_TEXTS

ProblemText = tuple[str, str, str, str]
"""title zh, title en, detail zh, detail en; details may hold `{params}`."""
FieldText = tuple[str, str]
"""message zh, message en; may hold `{params}`."""

_problems: dict[str, ProblemText] = dict(PROBLEM_TEXTS)
_fields: dict[str, FieldText] = dict(FIELD_TEXTS)
_UNKNOWN_FIELD: FieldText = ("值无效。", "The value is not valid.")


class _Lenient(dict[str, object]):
    """Leaves a placeholder as it is when its value was not given: an error text must not raise another error."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def register_texts(texts: Mapping[str, ProblemText | FieldText]) -> None:
    """Add codes: four texts make a problem code, two make a field error code; ValueError if a code has other texts."""
    for code, text in texts.items():
        known = _problems.get(code) if len(text) == 4 else _fields.get(code)
        if known is not None and known != text:
            raise ValueError(f"the code {code!r} is registered with other texts")
        if len(text) == 4:
            _problems[code] = text
        else:
            _fields[code] = text


def problem_text(code: str, language: Language, params: Mapping[str, object], zone: tzinfo = UTC) -> tuple[str, str]:
    """Return title and detail of a problem code, moments by the clock of `zone`; one without texts is its own title."""
    title_zh, title_en, detail_zh, detail_en = _problems.get(code, (code, code, code, code))
    values = _Lenient(_by_the_clock(params, zone))
    if language == "en":
        return title_en, detail_en.format_map(values)
    return title_zh, detail_zh.format_map(values)


def field_text(code: str, language: Language, params: Mapping[str, object], zone: tzinfo = UTC) -> str:
    """Return the message of a field error; a problem's detail serves where a code is both."""
    if code in _fields or code not in _problems:
        zh, en = _fields.get(code, _UNKNOWN_FIELD)
        values = _by_the_clock(params, zone)
        return en.format_map(_Lenient(values)) if language == "en" else zh.format_map(_Lenient(_in_chinese(values)))
    return problem_text(code, language, params, zone)[1]


def _by_the_clock(params: Mapping[str, object], zone: tzinfo) -> Mapping[str, object]:
    """Return `params` with moments as people write them."""
    return {
        name: f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value
        for name, value in params.items()
    }


def _in_chinese(params: Mapping[str, object]) -> Mapping[str, object]:
    """Return `params` with pydantic's list of choices ('a', 'b' or 'c') without its English word."""
    expected = params.get("expected")
    return {**params, "expected": expected.replace("' or '", "', '")} if isinstance(expected, str) else params
