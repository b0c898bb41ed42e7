"""What is asked of a ledger: a period, narrower filters, and the columns that the caller may see."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from contracts.roles import Role
from ledger_service.api.deps import TOLD
from ledger_service.api.ledger_problems import ledger_not_found
from ledger_service.api.parameters import Categories, Codes, Day
from ledger_service.domain.ledger_columns import COLUMNS
from ledger_service.domain.ledger_definitions import OF_SUBJECT, Definition, Filters, flaws_of_codes
from ledger_service.domain.ledger_orders import Form, Language, Order
from ledger_service.persistence.ledger_definitions import Kept
from operations.filters import Code
from operations.periods import check_order
from operations.problems import all_invalid
from runtime.auth import Caller, require
from runtime.problems import FieldError

EXPORTERS = (Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR, Role.ANALYST, Role.ADMIN)
Exporter = Annotated[Caller, Depends(require(*EXPORTERS))]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A part of a ledger's lines; `place` is where errors say that the filters came from."""

    first: date | None
    last: date | None
    filters: Filters
    place: str
    place_of_last: str = "query/to"

    def check(self, definition: Definition) -> None:
        """Raise `Problem` 422 where no line of the ledger could match it."""
        check_order(self.first, self.last, self.place_of_last)
        strange = [name for name in self.filters.content() if name not in OF_SUBJECT[definition.subject]]
        errors = [FieldError(f"{self.place}{name}", "ledger-filter-of-other-subject") for name in strange]
        errors += [FieldError(f"{self.place}{flaw.path}", flaw.code) for flaw in flaws_of_codes(self.filters)]
        if errors:
            raise all_invalid(errors, 50)


async def _narrowing(
    first: Annotated[Day | None, Query(alias="from", description="The first day.", examples=["2026-03-01"])] = None,
    last: Annotated[Day | None, Query(alias="to", description="The last day, included.")] = None,
    source: Codes = None,
    category: Categories = None,
    community: Codes = None,
    grid: Codes = None,
    team: Codes = None,
    handling_mode: Codes = None,
    status: Codes = None,
    kind: Annotated[list[Code] | None, Query(max_length=100, description="Of activities. May be repeated.")] = None,
    proactive: bool | None = None,
    on_time: bool | None = None,
) -> Narrowing:
    filters = Filters(
        source=tuple(source or ()),
        category=tuple(category or ()),
        community=tuple(community or ()),
        grid=tuple(grid or ()),
        team=tuple(team or ()),
        handling_mode=tuple(handling_mode or ()),
        status=tuple(status or ()),
        kind=tuple(kind or ()),
        proactive=proactive,
        on_time=on_time,
    )
    return Narrowing(first, last, filters, place="query/")


Narrowed = Annotated[Narrowing, Depends(_narrowing)]
"""What the query asks for, in addition to the ledger's own filters; days are those of the tenant's time zone."""


def order_of(kept: Kept, caller: Caller, narrowed: Narrowing, form: Form, language: Language) -> Order:
    """Return the order that a caller gives; `Problem` 404 for no ledger, 422 for what no line can match."""
    if kept.definition is None:
        raise ledger_not_found()
    narrowed.check(kept.definition)
    return Order(
        name=kept.name,
        version=kept.version,
        definition=kept.definition,
        columns=seen_by(caller, kept.definition),
        narrowed=narrowed.filters,
        first=narrowed.first,
        last=narrowed.last,
        form=form,
        language=language,
    )


def seen_by(caller: Caller, definition: Definition) -> tuple[str, ...]:
    """Return the columns of a ledger that the caller may see."""
    known = COLUMNS[definition.subject]
    return tuple(code for code in definition.columns if caller.has(*TOLD) or not known[code].is_told)
