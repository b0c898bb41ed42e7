"""What a printed ledger says around its lines, in Chinese or English."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger_service.domain.ledger_columns import COLUMNS, FACETS, GROUPS, Column
from ledger_service.domain.ledger_definitions import Filters
from ledger_service.domain.ledger_orders import Language, Order
from ledger_service.domain.ledger_totals import Totals
from ledger_service.domain.names import Labels

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "period": "统计期间：{days}（按{by}）",
        "days": "{first} 至 {last}",
        "since": "{first} 起",
        "until": "截至 {last}",
        "always": "全部",
        "filters": "筛选条件：{filters}",
        "none": "无",
        "filter": "{name}：{values}",
        "and": "；",
        "or": "、",
        "sum": "{name}：{lines} 条",
        "timing": "，按期 {on_time} 条，超期 {late} 条",
        "facet": "，{name}：{values}",
        "counted": "{name} {count}",
        "subtotal": "小计 {group}",
        "total": "合计",
        "generated": "生成时间：{at}（{zone}）  生成人：{actor}",
        "footer": "第 &P 页，共 &N 页",
        "without": "（空）",
    },
    "en": {
        "period": "Period: {days}, by the time of “{by}”",
        "days": "{first} to {last}",
        "since": "from {first}",
        "until": "until {last}",
        "always": "all",
        "filters": "Filters: {filters}",
        "none": "none",
        "filter": "{name}: {values}",
        "and": "; ",
        "or": ", ",
        "sum": "{name}: {lines} lines",
        "timing": ", {on_time} on time, {late} late",
        "facet": "; {name}: {values}",
        "counted": "{name} {count}",
        "subtotal": "Sum of {group}",
        "total": "Total",
        "generated": "Made at {at} ({zone}) by {actor}",
        "footer": "Page &P of &N",
        "without": "(none)",
    },
}


class Words:
    """The words of one order."""

    def __init__(self, order: Order, labels: Labels) -> None:
        self._order = order
        self._labels = labels
        self._words = _WORDS[order.language]
        self._columns = COLUMNS[order.definition.subject]

    @property
    def title(self) -> str:
        """What the ledger is called."""
        title = self._order.definition.title
        return title.en if self._order.language == "en" else title.zh

    @property
    def footer(self) -> str:
        """The number of the page, as workbooks say it."""
        return self._words["footer"]

    def heading(self, code: str) -> str:
        """Return what stands above a column."""
        return self._label(self._columns[code])

    def notes(self) -> list[str]:
        """Return the lines below the title: the period, and the filters."""
        order = self._order
        given = {"first": order.first, "last": order.last}
        kind = {(True, True): "days", (True, False): "since", (False, True): "until", (False, False): "always"}
        days = self._words[kind[order.first is not None, order.last is not None]].format(**given)
        by = self.heading(order.definition.period)
        filters = self._filters(order.definition.filters) + self._filters(order.narrowed)
        told = self._words["and"].join(filters) or self._words["none"]
        return [self._words["period"].format(days=days, by=by), self._words["filters"].format(filters=told)]

    def subtotal(self, group: str | bool | None, totals: Totals) -> str:
        """Return the sum of a group."""
        column = GROUPS[self._order.definition.subject][self._order.definition.group_by or ""]
        name = self._words["without"] if group in (None, "") else self.shown(column, group)
        return self._sum(self._words["subtotal"].format(group=name), totals)

    def total(self, totals: Totals) -> str:
        """Return the sum of all lines."""
        return self._sum(self._words["total"], totals)

    def generated(self, at: datetime, zone: str, actor: str) -> str:
        """Return when, `at` in that zone, and by whom the file was made."""
        return self._words["generated"].format(at=at.strftime("%Y-%m-%d %H:%M"), zone=zone, actor=actor)

    def shown(self, column: Column, value: Any) -> str:
        """Return what people call a code."""
        return column.shown(value, self._order.language, self._labels)

    def _sum(self, name: str, totals: Totals) -> str:
        text = self._words["sum"].format(name=name, lines=totals.lines)
        if totals.on_time or totals.late:
            text += self._words["timing"].format(on_time=totals.on_time, late=totals.late)
        facet = FACETS[self._order.definition.subject]
        counted = [
            self._words["counted"].format(name=self.shown(facet, code), count=count)
            for code, count in totals.facets.most_common()
        ]
        if counted:
            text += self._words["facet"].format(name=self._label(facet), values=self._words["or"].join(counted))
        return text

    def _filters(self, filters: Filters) -> list[str]:
        return [self._filter(name, value) for name, value in filters.content().items()]

    def _filter(self, name: str, value: Any) -> str:
        column = GROUPS[self._order.definition.subject].get(name) or self._columns[name]
        values = value if isinstance(value, list) else [value]
        shown = self._words["or"].join(self.shown(column, each) for each in values)
        return self._words["filter"].format(name=self._label(column), values=shown)

    def _label(self, column: Column) -> str:
        return column.label.en if self._order.language == "en" else column.label.zh
