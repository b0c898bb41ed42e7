"""Classified ledgers as JSON, and the bodies that define them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from contracts.lifecycle import Status
from ledger_service.api.schemas import LabelView
from ledger_service.domain.labels import Label
from ledger_service.domain.ledger_columns import COLUMNS, CellKind, Subject
from ledger_service.domain.ledger_definitions import Definition, Filters
from ledger_service.persistence.ledger_definitions import Kept

_MOST_CODES = 200
_Text = Annotated[str, Field(min_length=1, max_length=100)]
_Codes = Annotated[tuple[_Text, ...], Field(max_length=_MOST_CODES)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TitleBody(_Given):
    """What the ledger is called."""

    zh: _Text
    en: _Text


class FiltersBody(_Given):
    """Which lines it has: those that match all of what is given, and of a list any one."""

    source: _Codes = ()
    category: Annotated[_Codes, Field(description="Each with all levels below it.", examples=[["street_order"]])] = ()
    community: _Codes = ()
    grid: _Codes = ()
    team: _Codes = ()
    handling_mode: _Codes = ()
    status: Annotated[_Codes, Field(examples=[[Status.CLOSED]])] = ()
    kind: Annotated[_Codes, Field(description="Of activities, see /ledger/v1/activity-kinds.")] = ()
    proactive: Annotated[StrictBool | None, Field(description="未诉先办, or 接诉即办 where false.")] = None
    on_time: Annotated[
        StrictBool | None, Field(description="Resolved by the promised time; false: later, or late now.")
    ] = None

    def filters(self) -> Filters:
        """Return them as the domain has them."""
        return Filters(**{name: getattr(self, name) for name in type(self).model_fields})


class DefinitionBody(_Given):
    """A ledger: which lines, columns and order it has."""

    title: TitleBody
    subject: Subject = Subject.COMPLAINTS
    columns: Annotated[
        tuple[_Text, ...],
        Field(min_length=1, max_length=40, examples=[["number", "received_at", "category", "status"]]),
    ]
    filters: FiltersBody = FiltersBody()
    period: Annotated[
        _Text | None,
        Field(
            description="The time that says which period a line is in: `received_at` (the default), `resolved_at`, "
            "`closed_at`, of activities `happened_at`. Lines without it are not in the ledger."
        ),
    ] = None
    group_by: Annotated[
        _Text | None, Field(description="Files are sorted by it and have its sums.", examples=["community"])
    ] = None
    newest_first: StrictBool = True

    def definition(self) -> Definition:
        """Return it as the domain has it; it may have flaws."""
        given = self.model_dump(exclude={"title", "filters"})
        plain = Definition.of({**given, "title": self.title.model_dump(), "columns": list(self.columns)})
        return Definition(
            title=Label(self.title.zh, self.title.en),
            subject=plain.subject,
            columns=plain.columns,
            filters=self.filters.filters(),
            period=plain.period,
            group_by=plain.group_by,
            newest_first=plain.newest_first,
        )


class ColumnView(BaseModel):
    """A column of a ledger."""

    code: str
    label: LabelView
    kind: CellKind

    @classmethod
    def of(cls, subject: Subject, code: str) -> Self:
        """Return the column of that code."""
        return cls.model_validate(COLUMNS[subject][code], from_attributes=True)


class LedgerSummary(BaseModel):
    """A ledger in the list."""

    name: str
    title: LabelView
    subject: Subject
    version: Annotated[int, Field(description="0 is what is shipped.")]
    shipped: Annotated[bool, Field(description="The tenant has not defined it otherwise.")]
    lines: Annotated[
        int | None, Field(description="Of all times; null unless it was asked for, and where it takes long to count.")
    ] = None

    @classmethod
    def of(cls, kept: Kept, lines: int | None) -> Self:
        """Return a ledger that is defined."""
        definition = _defined(kept)
        return cls(
            name=kept.name,
            title=LabelView.model_validate(definition.title),
            subject=definition.subject,
            version=kept.version,
            shipped=kept.is_shipped,
            lines=lines,
        )


class Ledgers(BaseModel):
    """All ledgers of the tenant."""

    items: list[LedgerSummary]


class LedgerView(LedgerSummary):
    """A ledger with its definition."""

    columns: list[ColumnView]
    filters: dict[str, Any]
    period: str
    group_by: str | None
    newest_first: bool
    changed_at: datetime | None
    changed_by: str | None

    @classmethod
    def of(cls, kept: Kept, lines: int | None = None) -> Self:
        """Return a ledger that is defined."""
        definition = _defined(kept)
        summary = LedgerSummary.of(kept, lines).model_dump()
        return cls(
            **summary,
            columns=[ColumnView.of(definition.subject, code) for code in definition.columns],
            filters=definition.filters.content(),
            period=definition.period,
            group_by=definition.group_by,
            newest_first=definition.newest_first,
            changed_at=kept.changed_at,
            changed_by=kept.changed_by,
        )


class VersionView(BaseModel):
    """A version that the tenant made; `definition` null: it was taken away."""

    version: int
    changed_at: datetime
    changed_by: str
    definition: dict[str, Any] | None


class LinePage(BaseModel):
    """Some lines of a ledger; the `Link` header with `rel="next"` leads to those behind them, where there are some."""

    ledger: str
    version: int
    title: LabelView
    columns: Annotated[list[ColumnView], Field(description="Those that the caller may see.")]
    items: Annotated[
        list[dict[str, Any]], Field(description="Each with `id` and the columns; codes as codes, times in UTC.")
    ]


def _defined(kept: Kept) -> Definition:
    if kept.definition is None:
        raise ValueError(f"the ledger {kept.name} is not defined")
    return kept.definition
