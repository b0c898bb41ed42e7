"""Figures as JSON and as tables: plain values, for an answer may have thousands of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ledger_service.domain.cubes import LEVEL_ONE, Dimension
from ledger_service.domain.indicators import Figure, Indicator, Sums
from ledger_service.domain.labels import Label
from ledger_service.domain.ledger_orders import Language
from ledger_service.domain.names import MODE_LABELS, Labels
from ledger_service.domain.ranking import SCORE, Place
from ledger_service.domain.statistics_settings import Settings
from ledger_service.domain.tally import Counter
from ledger_service.service.figures import Answer, Line, Wanted

Row = dict[str, Any]
_COUNTERS = tuple(counter.name.lower() for counter in Counter)
DIMENSION_LABELS: Mapping[str, Label] = {
    Dimension.COMMUNITY: Label("社区", "Community"),
    Dimension.GRID: Label("网格", "Grid"),
    Dimension.TEAM: Label("队伍", "Team"),
    Dimension.OFFICER: Label("人员", "Officer"),
    Dimension.CATEGORY: Label("类别", "Category"),
    Dimension.SOURCE: Label("事件来源", "Source"),
    Dimension.HANDLING_MODE: Label("处置方式", "Handling mode"),
    Dimension.DEPARTMENT: Label("转办部门", "Department"),
    LEVEL_ONE: Label("大类", "Category, level one"),
    "day": Label("日期", "Day"),
    "month": Label("月份", "Month"),
    "year": Label("年份", "Year"),
}
COMPARED_LABELS: Mapping[str, Label] = {
    "month": Label("环比变化", "change on the period before"),
    "year": Label("同比变化", "change on the year before"),
}
SAMPLE_LABEL = Label("样本数", "sample")
RECEIVED_LABEL, DUE_LABEL = Label("受理数", "Received"), Label("应结案数", "Due")
RANK_LABEL, GRADE_LABEL, SCORE_LABEL = Label("名次", "Rank"), Label("等级", "Grade"), Label("综合得分", "Score")


def name_of(dimension: str, code: object, labels: Labels) -> Label | None:
    """Return what people call a code, where the ledger knows; None for those that nobody has told of."""
    names: Mapping[str, Mapping[str, Label]] = {
        Dimension.COMMUNITY: labels.communities,
        Dimension.GRID: labels.grids,
        Dimension.TEAM: labels.teams,
        Dimension.CATEGORY: labels.categories,
        LEVEL_ONE: labels.categories,
        Dimension.SOURCE: labels.sources,
        Dimension.HANDLING_MODE: MODE_LABELS,
        Dimension.DEPARTMENT: labels.departments,
    }
    return names.get(dimension, {}).get(str(code))


def asked(wanted: Wanted, answer: Answer, zone: str) -> Row:
    """Return what every answer repeats of the question."""
    return {
        "period": {"from": wanted.period.first.isoformat(), "to": wanted.period.last.isoformat()},
        "time_zone": zone,
        "as_of": None if wanted.as_of is None else wanted.as_of.isoformat(),
        "settings_version": answer.settings.version,
        "filters": dict(wanted.filters),
        "indicators": [
            {"code": each.code, "name": each.name._asdict(), "unit": each.unit, "is_better_high": each.is_better_high}
            for each in answer.indicators
        ],
    }


def head(names: Sequence[str], key: Sequence[Any], labels: Labels) -> Row:
    """Return whom a line is about: codes, null for none, and the names that are known."""
    known = {name: name_of(name, code, labels) for name, code in zip(names, key, strict=True)}
    named = {name: label._asdict() for name, label in known.items() if label is not None}
    return {"key": {name: _plain(code) for name, code in zip(names, key, strict=True)}, "names": named}


def body(line: Line, indicators: Iterable[Indicator], settings: Settings) -> Row:
    """Return the counts and figures of a line."""
    figures: Row = {}
    for each in indicators:
        figure = each.formula(line.sums, settings)
        figures[each.code] = shown(figure)
        if line.compared:
            figures[each.code]["compared"] = {
                step: _compared(figure, each.formula(sums, settings)) for step, sums in line.compared.items()
            }
    return {"counts": counts(line.sums), "figures": figures}


def counts(sums: Sums) -> dict[str, int]:
    """Return all counts by name."""
    return dict(zip(_COUNTERS, sums.counts, strict=True))


def shown(figure: Figure) -> Row:
    """Return a figure; values are rounded to a millionth."""
    value, numerator, sample = figure
    return {"value": _rounded(value), "numerator": _rounded(numerator), "sample": sample}


def place(each: Place, by: str, labels: Labels) -> Row:
    """Return a line of a ranking."""
    label = name_of(by, each.key, labels)
    return {
        "rank": each.rank,
        "key": each.key or None,
        "name": None if label is None else label._asdict(),
        "value": _rounded(each.value),
        "sample": each.sample,
        "grade": each.grade,
        "figures": {code: shown(figure) for code, figure in each.parts.items()},
    }


def table(wanted: Wanted, answer: Answer, names: Sequence[str], language: Language) -> Iterator[list[Any]]:
    """Yield the lines of a table: whom it is about, two counts, and each figure with its sample and its changes."""
    labels = [DIMENSION_LABELS[name] for name in names] + [RECEIVED_LABEL, DUE_LABEL]
    titles = [_in(label, language) for label in labels]
    for each in wanted.indicators:
        title = _in(each.name, language)
        titles += [title, f"{title} {_in(SAMPLE_LABEL, language)}"]
        titles += [f"{title} {_in(COMPARED_LABELS[step], language)}" for step in wanted.compare]
    yield titles
    for key, line in answer.lines.items():
        due = line.sums.of(Counter.IN_TIME, Counter.MISSED)
        row: list[Any] = [_named(name, code, language, answer.labels) for name, code in zip(names, key, strict=True)]
        row += [line.sums.of(Counter.RECEIVED), due]
        for each in wanted.indicators:
            figure = each.formula(line.sums, answer.settings.settings)
            row += [_rounded(figure.value), figure.sample]
            earlier = (each.formula(line.compared[step], answer.settings.settings) for step in wanted.compare)
            row += [_compared(figure, before)["change"] for before in earlier]
        yield row


def ranking_table(
    places: Iterable[Place],
    by: str,
    indicators: Sequence[Indicator],
    indicator: str,
    language: Language,
    names: Labels,
) -> Iterator[list[Any]]:
    """Yield the lines of a ranking as a table."""
    labels = [RANK_LABEL, DIMENSION_LABELS[by]]
    labels += [SCORE_LABEL, GRADE_LABEL, DUE_LABEL] if indicator == SCORE else []
    titles = [_in(label, language) for label in labels]
    for each in indicators:
        titles += [_in(each.name, language), f"{_in(each.name, language)} {_in(SAMPLE_LABEL, language)}"]
    yield titles
    for each_place in places:
        row: list[Any] = [each_place.rank, _named(by, each_place.key, language, names)]
        if indicator == SCORE:
            row += [_rounded(each_place.value), each_place.grade, each_place.sample]
        for each in indicators:
            figure = each_place.parts[each.code]
            row += [_rounded(figure.value), figure.sample]
        yield row


def _compared(figure: Figure, before: Figure) -> Row:
    has_both = figure.value is not None and before.value is not None
    change = (figure.value or 0.0) - (before.value or 0.0) if has_both else None
    return {"value": _rounded(before.value), "change": _rounded(change), "sample": before.sample}


def _named(name: str, code: object, language: Language, labels: Labels) -> str:
    label = name_of(name, code, labels)
    return str(_plain(code) or "") if label is None else _in(label, language)


def _in(label: Label, language: Language) -> str:
    return label.en if language == "en" else label.zh


def _plain(code: object) -> str | None:
    return str(code) or None


def _rounded(value: float | None) -> float | None:
    return round(value, 6) if value else value
