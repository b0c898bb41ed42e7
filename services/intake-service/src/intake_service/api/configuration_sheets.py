"""Parts of the configuration as sheets: a line for each item, the nested parts written into cells.

A limit is `2 working_hours`; several values have a semicolon between them, and gates that are none are `none`; a
choice is `code=中文=English`, and what stops a report `answer=中文=English`, one in a line of the cell. In these texts
an equals sign is `\\=`, a line break `\\n` and a backslash `\\\\`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake_service.domain.configuration.items import Category, Configuration, DutyItem, Question, Source

Row = dict[str, Any]
_BREAK = re.compile(r"[;；\n]")
_STAGES = ("accept", "on_site", "resolve")
_NONE = {"none", "无"}
_WRITTEN = {"\\": "\\\\", "=": "\\=", "\n": "\\n", "\r": "\\r"}
_MEANT = {written: meant for meant, written in _WRITTEN.items()}
_SIGN = re.compile(r"\\[\\=nr]|.")
_YES = {"yes": True, "是": True, "no": False, "否": False, "true": True, "false": False}
_COMMON = {"code": "编码", "zh": "中文名", "en": "英文名"}
_TIMES = {"active_from": "启用时间", "active_to": "停用时间"}


@dataclass(frozen=True)
class Part:
    """A sheet: its columns with their Chinese headings, its rows, and what an item is made of."""

    name: str
    columns: Mapping[str, str]
    rows: Callable[[Configuration], Sequence[Row]]
    gather: Callable[[Row], Row]
    """Makes the item's fields of a line's cells."""

    @property
    def optional(self) -> frozenset[str]:
        """What a file may lack: all but what names an item."""
        return frozenset(self.columns) - {"category", "name", "code", "zh", "en"}


def _categories(configuration: Configuration) -> Sequence[Row]:
    return [_of_category(each) for each in configuration.categories]


def _of_category(category: Category) -> Row:
    row = category.model_dump(mode="json", exclude={"questions"})
    limits, advice = row.pop("limits"), row.pop("advice") or {}
    row |= {stage: _limit(limits[stage]) for stage in _STAGES}
    row |= {"advice_zh": advice.get("zh"), "advice_en": advice.get("en")}
    gates = "none" if category.gates == () else _joined(row["gates"])
    return row | {"gates": gates, "needs_photo": _yes(row["needs_photo"])}


def _to_category(row: Row) -> Row:
    limits = {stage: _to_limit(row.pop(stage)) for stage in _STAGES if stage in row}
    made = _listed(_told(row, "advice"), "gates") | {"limits": limits} | _flags(row, "needs_photo")
    return made | ({"gates": []} if row.get("gates", "").lower() in _NONE else {})


def _questions(configuration: Configuration) -> Sequence[Row]:
    return [
        {"category": category.code, **_of_question(question)}
        for category in configuration.categories
        for question in category.questions
    ]


def _of_question(question: Question) -> Row:
    row = question.model_dump(mode="json")
    choices = [_line(each.code, each.zh, each.en) for each in question.choices]
    stops = [_line(_yes(each.answer) or str(each.answer), each.zh, each.en) for each in question.stops]
    bounds: Row = {name: None if row[name] is None else str(row[name]) for name in ("min", "max")}
    texts = {"choices": "\n".join(choices) or None, "stops": "\n".join(stops) or None}
    return row | bounds | texts | {"required": _yes(question.required)}


def _to_question(row: Row) -> Row:
    choices = [_parted(line, "code") for line in _lines(row.pop("choices", ""))]
    stops = [_parted(line, "answer") for line in _lines(row.pop("stops", ""))]
    is_flag = row.get("type") == "yes_no"
    for stop in stops:
        stop["answer"] = _YES.get(stop["answer"], stop["answer"]) if is_flag else stop["answer"]
    bounds: Row = {name: _number(row[name]) for name in ("min", "max") if name in row}
    return {**row, **bounds, **_flags(row, "required"), "choices": choices, "stops": stops}


def _duty_items(configuration: Configuration) -> Sequence[Row]:
    return [_of_duty_item(each) for each in configuration.duty_items]


def _of_duty_item(item: DutyItem) -> Row:
    row = item.model_dump(mode="json")
    subject = row.pop("subject") or {}
    limit = _limit(row["limit"])
    return row | {"subject_zh": subject.get("zh"), "subject_en": subject.get("en"), "limit": limit}


def _to_duty_item(row: Row) -> Row:
    made = _told(row, "subject")
    return made | ({"limit": _to_limit(row["limit"])} if "limit" in row else {})


def _sources(configuration: Configuration) -> Sequence[Row]:
    return [_of_source(each) for each in configuration.sources]


def _of_source(source: Source) -> Row:
    row = source.model_dump(mode="json")
    several = {name: _joined(row[name]) for name in ("roles", "takes", "demands")}
    of_roles = [f"{role}={','.join(details)}" for role, details in row["demands_of"].items()]
    return row | several | {"proactive": _yes(source.proactive), "demands_of": _joined(of_roles)}


def _to_source(row: Row) -> Row:
    pairs = [part.partition("=") for part in _several(row.pop("demands_of", ""))]
    of_roles = {
        role.strip(): [each.strip() for each in details.split(",") if each.strip()] for role, _, details in pairs
    }
    return _listed(row, "roles", "takes", "demands") | _flags(row, "proactive") | {"demands_of": of_roles}


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        Part("categories", {**_COMMON, "list": "清单", "legal_basis": "依据", "handling_mode": "处置方式",
                            "accept": "接单时限", "on_site": "到场时限", "resolve": "处置时限", "gates": "结案关口",
                            "needs_photo": "须附照片", "advice_zh": "劝导", "advice_en": "劝导（英文）", **_TIMES},
             _categories, _to_category),
        Part("questions", {"category": "类别", "name": "名称", "zh": "中文", "en": "英文", "type": "类型",
                           "required": "必答", "min": "下限", "max": "上限", "choices": "选项", "stops": "劝导"},
             _questions, _to_question),
        Part("duty-items", {**_COMMON, "list": "清单", "category": "类别", "subject_zh": "内容",
                            "subject_en": "内容（英文）", "legal_basis": "依据", "handling_mode": "首次处置方式",
                            "limit": "时限", **_TIMES},
             _duty_items, _to_duty_item),
        Part("sources", {**_COMMON, "proactive": "未诉先办", "roles": "角色", "takes": "可填", "demands": "必填",
                         "demands_of": "角色必填", **_TIMES},
             _sources, _to_source),
    )
}  # fmt: skip


def _limit(limit: Row | None) -> str | None:
    return None if limit is None else f"{limit['amount']} {limit['unit']}"


def _to_limit(text: str) -> Row:
    amount, _, unit = text.partition(" ")
    return {"amount": _number(amount), "unit": unit.strip()}


def _told(row: Row, name: str) -> Row:
    """Return the row with its two texts of that name as one field."""
    texts = {language: row.pop(f"{name}_{language}") for language in ("zh", "en") if f"{name}_{language}" in row}
    return row | {name: texts} if texts else row


def _listed(row: Row, *names: str) -> Row:
    return row | {name: _several(row[name]) for name in names if name in row}


def _flags(row: Row, name: str) -> Row:
    return {name: _YES.get(str(row[name]).lower(), row[name])} if name in row else {}


def _yes(value: object) -> str | None:
    return ("yes" if value else "no") if isinstance(value, bool) else None


def _joined(values: Sequence[str] | None) -> str | None:
    return ";".join(values or ()) or None


def _several(text: str) -> list[str]:
    return [part.strip() for part in _BREAK.split(text) if part.strip()]


def _lines(text: str) -> list[str]:
    return [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]


def _line(*texts: str) -> str:
    return "=".join("".join(_WRITTEN.get(each, each) for each in text) for text in texts)


def _parted(line: str, key: str) -> Row:
    """Return the three texts of a line; a further equals sign belongs to the last one."""
    parts = [""]
    for sign in _SIGN.findall(line):
        if sign == "=" and len(parts) < 3:
            parts.append("")
        else:
            parts[-1] += _MEANT.get(sign, sign)
    return dict(zip((key, "zh", "en"), [*(part.strip() for part in parts), "", ""], strict=False))


def _number(text: str) -> float | str:
    """Return the number that the text says, or the text itself, which may be a date."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
