"""What a file of a classified ledger is made by, from the request to the entry that says who had it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from ledger_service.domain.ledger_definitions import Definition, Filters

Language = Literal["zh", "en"]
Form = Literal["csv", "xlsx", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which ledger, as it was defined then, narrowed down to what, in which form and language."""

    name: str
    version: int
    """0 is what is shipped."""
    definition: Definition
    columns: tuple[str, ...]
    """Those of the definition that whoever asked may see."""
    narrowed: Filters
    first: date | None
    """The first day of the period in the tenant's time zone; None for all before."""
    last: date | None
    """The last day, included."""
    form: Form
    language: Language

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Return the order of `content`."""
        return cls(
            **{
                **content,
                "definition": Definition.of(content["definition"]),
                "columns": tuple(content["columns"]),
                "narrowed": Filters.of(content["narrowed"]),
                "first": _day(content["first"]),
                "last": _day(content["last"]),
            }
        )

    def content(self) -> dict[str, Any]:
        """Return it as `of` takes it, as JSON can say it."""
        return {
            "name": self.name,
            "version": self.version,
            "definition": self.definition.content(),
            "columns": list(self.columns),
            "narrowed": self.narrowed.content(),
            "first": None if self.first is None else self.first.isoformat(),
            "last": None if self.last is None else self.last.isoformat(),
            "form": self.form,
            "language": self.language,
        }

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Return when the first day begins and when the last is over."""
        since = None if self.first is None else datetime.combine(self.first, time(), zone)
        until = None if self.last is None else datetime.combine(self.last + timedelta(days=1), time(), zone)
        return since, until

    def told(self, lines: int) -> dict[str, Any]:
        """Return what the entry says of the export: the ledger, its lines and columns, nothing that stands in them."""
        return {
            "ledger": self.name,
            "version": self.version,
            "format": self.form,
            "language": self.language,
            "from": None if self.first is None else self.first.isoformat(),
            "to": None if self.last is None else self.last.isoformat(),
            "period": self.definition.period,
            "filters": self.definition.filters.content(),
            "narrowed": self.narrowed.content(),
            "columns": list(self.columns),
            "lines": lines,
        }


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
