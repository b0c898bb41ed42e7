"""A part of the configuration as the lines of a file: written, read, and what is wrong with it line by line."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ValidationError

from intake_service.api.configuration_sheets import PARTS, Part
from intake_service.domain.configuration.items import (
    MOST_QUESTIONS,
    Category,
    Configuration,
    DutyItem,
    Question,
    Source,
)
from intake_service.domain.flaws import Flaw
from operations.problems import all_invalid
from operations.sheets.lines import MARK, csv_lines
from operations.sheets.skeleton import Heading, Sheet
from operations.sheets.tables import pointer, read_table
from operations.sheets.workbook import LONGEST_TEXT, XLSX, Workbook
from runtime.problems import FieldError, Problem
from runtime.problems.validation import problem_of

PartName = Literal["categories", "questions", "duty-items", "sources"]
_MODELS: Mapping[str, type[BaseModel]] = {
    "categories": Category, "questions": Question, "duty-items": DutyItem, "sources": Source,
}  # fmt: skip
_HOLDS = {"categories": "categories", "questions": "categories", "duty-items": "duty_items", "sources": "sources"}
"""The field of the configuration that a part is in."""
_MOST_ERRORS = 50


class Line(NamedTuple):
    """An item of a file, the number of its line, and the category that it is asked about where it is a question."""

    number: int
    about: str
    item: Any


def as_csv(part: PartName, configuration: Configuration) -> bytes:
    """Return a part as a CSV file."""
    columns = PARTS[part].columns
    rows = [[row.get(name) for name in columns] for row in PARTS[part].rows(configuration)]
    return MARK + csv_lines([list(columns), *rows])


def as_workbook(part: PartName, configuration: Configuration) -> bytes:
    """Return a part as a workbook."""
    columns = PARTS[part].columns
    headings = [Heading(name, width=24.0 if "zh" in name or "en" in name else 16.0) for name in columns]
    book = Workbook(Sheet(name=part, headings=headings))
    rows = [[row.get(name) for name in columns] for row in PARTS[part].rows(configuration)]
    return book.begin() + book.lines(rows) + book.end()


def read_lines(part: PartName, media_type: str, body: bytes) -> list[Line]:
    """Return the items of a file; 422 with all that is wrong with one by itself."""
    sheet, errors, lines = PARTS[part], list[FieldError](), list[Line]()
    is_workbook = media_type.strip().lower().startswith(XLSX)
    for number, cells in read_table(sheet, media_type, body):
        values = dict(cells)
        beyond = [name for name in values if name not in sheet.columns]
        errors += [FieldError(pointer(number, name), "cell-beyond") for name in beyond]
        if is_workbook:
            cut = [name for name, text in values.items() if len(text) >= LONGEST_TEXT]
            limit = {"max_length": LONGEST_TEXT - 1}
            errors += [FieldError(pointer(number, name), "string_too_long", limit) for name in cut]
        about = values.pop("category", "") if part == "questions" else ""
        if part == "questions" and not about:
            errors.append(FieldError(pointer(number, "category"), "missing"))
        try:
            lines.append(Line(number, about, _MODELS[part].model_validate(sheet.gather(values))))
        except ValidationError as error:
            errors += [_error(sheet, number, each) for each in error.errors(include_url=False)]
    if errors:
        raise all_invalid(errors, _MOST_ERRORS)
    return lines


def replaced(part: PartName, lines: Sequence[Line], present: Configuration) -> Configuration:
    """Return the configuration with that part anew; `Problem` where it is too long, or empty and must not be."""
    parts: dict[str, Any] = {name: getattr(present, name) for name in Configuration.model_fields}
    match part:
        case "questions":
            parts["categories"] = _asking(present.categories, lines)
        case "categories":
            known = {each.code: each.questions for each in present.categories}
            parts["categories"] = [
                each.item.model_copy(update={"questions": known.get(each.item.code, ())}) for each in lines
            ]
        case _:
            parts[_HOLDS[part]] = [each.item for each in lines]
    try:
        return Configuration(**parts)
    except ValidationError as error:
        raise refused(error) from error


def refused(error: ValidationError) -> Problem:
    """Return the 422 for a configuration that is none, with the places in it."""
    return problem_of([{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)])


def placed(part: PartName, lines: Sequence[Line], wanted: Configuration, flaw: Flaw) -> Flaw:
    """Return the flaw at its cell, where the file has the item that `wanted` is wrong at; else as it is."""
    _, held, place, *steps = flaw.pointer.split("/")
    if held != _HOLDS[part]:
        return flaw
    line = lines[int(place)] if part != "questions" else None
    if part == "questions" and steps[0] == "questions":
        about = wanted.categories[int(place)].code
        line, steps = [each for each in lines if each.about == about][int(steps[1])], steps[2:]
    if line is None:
        return flaw
    return flaw._replace(pointer=pointer(line.number, _column(PARTS[part], steps) or "code"))


def _asking(categories: Sequence[Category], lines: Sequence[Line]) -> list[Category]:
    """Return the categories with what is asked about them; `Problem` for one that there is not, and for too much."""
    asked: dict[str, list[Line]] = {each.code: [] for each in categories}
    errors = list[FieldError]()
    for line in lines:
        cell = pointer(line.number, "category")
        if line.about not in asked:
            errors.append(FieldError(cell, "unknown-category", {"given": line.about}))
        elif len(asked[line.about]) == MOST_QUESTIONS:
            errors.append(FieldError(cell, "too_long", {"max_length": MOST_QUESTIONS}))
        else:
            asked[line.about].append(line)
    if errors:
        raise all_invalid(errors, _MOST_ERRORS)
    return [each.model_copy(update={"questions": tuple(line.item for line in asked[each.code])}) for each in categories]


def _error(sheet: Part, number: int, error: Mapping[str, Any]) -> FieldError:
    steps = [str(step) for step in error["loc"]]
    return FieldError(
        pointer(number, _column(sheet, steps) or steps[0]), str(error["type"]), dict(error.get("ctx") or {})
    )


def _column(sheet: Part, steps: Sequence[str]) -> str | None:
    """Return in which column a field lies: `limits/resolve/unit` in `resolve`, `advice/zh` in `advice_zh`."""
    first, *rest = steps
    names = (first, f"{first}_{rest[0]}" if rest else "", rest[0] if rest else "")
    return next((name for name in names if name in sheet.columns), None)
