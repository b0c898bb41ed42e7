"""What goes out as a sheet comes back as it was."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.roles import Role
from intake_service.api.configuration_lines import PartName, as_csv, as_workbook, read_lines, replaced
from intake_service.domain.configuration.items import Configuration
from intake_service.domain.source_rules import DETAILS
from operations.sheets.lines import CSV
from operations.sheets.workbook import XLSX
from runtime.problems import Problem

_SIGNS = st.characters(exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("=\\\\nr;；,'_x\x85\u2028+ ")
_NAMES = st.text(_SIGNS, min_size=1, max_size=12).filter(str.strip)
_TEXTS = st.text(_SIGNS | st.sampled_from("\n\r\t"), min_size=1, max_size=30).filter(str.strip)
_CODES = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
_NAMED = {"zh": _NAMES, "en": _NAMES}
_ADVICE = st.none() | st.fixed_dictionaries({"zh": _TEXTS, "en": _TEXTS})
_LIMITS = st.none() | st.fixed_dictionaries(
    {"amount": st.integers(1, 2000), "unit": st.sampled_from(["hours", "days", "working_hours", "working_days"])}
)
_TIMES = st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1))  # noqa: DTZ001 - it gets a zone
_DATED = {"active_from": _TIMES, "active_to": _TIMES}
_LISTS = st.sampled_from(["service", "management"])
_MODES = st.none() | st.just("on_site_rectification")
_SEVERAL = st.lists(st.sampled_from(sorted(DETAILS)), unique=True, max_size=3)
_ROLES = st.sampled_from([str(each) for each in Role])


@st.composite
def _questions(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["text", "number", "yes_no", "single_choice", "multiple_choice", "date"]))
    made = draw(st.fixed_dictionaries({"name": _CODES, **_NAMED, "required": st.booleans()})) | {"type": kind}
    if kind == "number":
        made |= {
            "min": draw(st.none() | st.integers()),
            "max": draw(st.none() | st.floats(allow_nan=False, allow_infinity=False)),
        }
    if kind == "date":
        made |= {"min": draw(st.none() | st.dates(date(1000, 1, 1)))}
    answers: list[Any] = [True, False] if kind == "yes_no" else []
    if kind.endswith("choice"):
        choices = draw(st.lists(st.fixed_dictionaries({"code": _CODES | st.just("yes"), **_NAMED}), max_size=3))
        made |= {"choices": choices}
        answers = [each["code"] for each in choices]
    if answers:
        stop = st.fixed_dictionaries({"answer": st.sampled_from(answers), "zh": _TEXTS, "en": _TEXTS})
        made |= {"stops": draw(st.lists(stop, max_size=2))}
    return made


_CATEGORIES = st.fixed_dictionaries({
    "code": _CODES, **_NAMED, "list": st.none() | _LISTS, "legal_basis": st.none() | _TEXTS, "handling_mode": _MODES,
    "limits": st.fixed_dictionaries({"accept": _LIMITS, "on_site": _LIMITS, "resolve": _LIMITS}),
    "gates": st.none() | st.lists(st.sampled_from(["verification", "follow_up"]), max_size=2, unique=True),
    "needs_photo": st.none() | st.booleans(), "advice": _ADVICE, **_DATED,
    "questions": st.lists(_questions(), max_size=2),
})  # fmt: skip
_DUTY_ITEMS = st.fixed_dictionaries({
    "code": _CODES, **_NAMED, "list": _LISTS, "category": st.none() | _CODES, "subject": _ADVICE,
    "legal_basis": st.none() | _TEXTS, "handling_mode": _MODES, "limit": _LIMITS, **_DATED,
})  # fmt: skip
_SOURCES = st.fixed_dictionaries({
    "code": _CODES, **_NAMED, "proactive": st.booleans(), "roles": st.lists(_ROLES, min_size=1, max_size=3),
    "takes": _SEVERAL, "demands": _SEVERAL, "demands_of": st.dictionaries(_ROLES, _SEVERAL, max_size=2), **_DATED,
})  # fmt: skip
_CONFIGURATIONS = st.fixed_dictionaries({
    "categories": st.lists(_CATEGORIES, min_size=1, max_size=2, unique_by=lambda each: str(each["code"])),
    "duty_items": st.lists(_DUTY_ITEMS, max_size=1),
    "sources": st.lists(_SOURCES, min_size=1, max_size=1),
}).map(Configuration.model_validate)  # fmt: skip


@pytest.mark.parametrize("part", ["categories", "questions", "duty-items", "sources"])
@settings(max_examples=40)
@given(configuration=_CONFIGURATIONS)
def test_what_is_brought_back_unchanged_changes_nothing(part: PartName, configuration: Configuration) -> None:
    for kind, written in ((CSV, as_csv(part, configuration)), (XLSX, as_workbook(part, configuration))):
        assert replaced(part, read_lines(part, kind, written), configuration) == configuration


def test_what_a_workbook_has_cut_off_is_refused() -> None:
    choices = [{"code": f"c{number}", "zh": "狗" * 190, "en": "d" * 190} for number in range(100)]
    question = {"name": "kind", "zh": "种类", "en": "Kind", "type": "single_choice", "choices": choices}
    category = {"code": "dogs", "zh": "犬只", "en": "Dogs", "questions": [question]}
    source = {"code": "hotline", "zh": "热线", "en": "Hotline", "proactive": False, "roles": ["operator"]}
    configuration = Configuration.model_validate({"categories": [category], "sources": [source], "duty_items": []})

    lines = read_lines("questions", CSV, as_csv("questions", configuration))
    assert replaced("questions", lines, configuration) == configuration
    with pytest.raises(Problem) as refused:
        read_lines("questions", XLSX, as_workbook("questions", configuration))
    error = refused.value.errors[0]
    assert (error.pointer, error.code) == ("row/2/choices", "string_too_long")
