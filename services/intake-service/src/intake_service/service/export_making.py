"""What the exports of complaints that are made in the background have in them."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus.driver import batches
from intake_service.persistence import export_contents, place_names
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.service.export_forms import Column, Form, Look, columns_of, of_form, writer
from intake_service.service.exporting import BATCH, pieces_of, select_ids, select_rows
from intake_service.service.references import References
from operations.exporting.jobs import Export
from operations.exporting.making import FETCH_SECONDS, Contents, Piece, lines_about
from operations.preferences import Language
from runtime.auth import Caller
from runtime.clock import now


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What somebody asked for, as an export keeps it."""

    form: Form
    filters: Mapping[str, Any]
    reporters: bool
    confidential: bool
    """Also of reporters who wish to be known to as few as possible."""
    language: Language
    roles: Sequence[str]
    """Of whoever asked, when they did."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Return the order of `content`."""
        return cls(**content)

    def content(self) -> dict[str, Any]:
        """Return it as `of` takes it, as JSON can say it."""
        return asdict(self)

    @property
    def columns(self) -> Sequence[Column]:
        """What a line has."""
        return columns_of(reporters=self.reporters)


class ComplaintFiles(Contents):
    """Makes files of the complaints of one database."""

    def __init__(
        self,
        engine: AsyncEngine,
        known: References,
        new_look: Callable[..., Look],
        read_filters: Callable[[Mapping[str, Any]], ComplaintFilter],
    ) -> None:
        self._engine = engine
        self._known = known
        self._new_look = new_look
        self._read_filters = read_filters

    async def lines_about(self, connection: AsyncConnection, begun: Export) -> int:
        """Return how many complaints match, or are expected to."""
        return await lines_about(connection, self._ids(begun, ExportOrder.of(begun.request)).order_by(None))

    async def pieces(self, connection: AsyncConnection, begun: Export) -> AsyncGenerator[Piece, None]:
        """Read and write the complaints, and keep which they are."""
        order = ExportOrder.of(begun.request)
        async with self._engine.begin() as other:
            await export_contents.begin(other, begun)
        places = await place_names.names_of(connection, begun.tenant)
        look = self._new_look(
            columns=order.columns, language=order.language, places=places, made_at=now(), made_by=begun.asked_by
        )
        statement = select_rows(self._ids(begun, order), look.columns, confidential=order.confidential)
        found = self._kept(begun, look, batches(connection, statement, size=BATCH, seconds=FETCH_SECONDS))
        made = pieces_of(self._known, begun.tenant, found, writer(order.form, look))
        async with aclosing(made):
            async for piece in made:
                yield piece

    async def is_outdated(self, connection: AsyncConnection, snapshot: AsyncConnection, begun: Export) -> bool:
        """Say whether personal data of one of the complaints was erased since they were read."""
        reporters = ExportOrder.of(begun.request).reporters
        return await export_contents.has_erased(connection, snapshot, begun, reporters=reporters)

    async def clear(self, connection: AsyncConnection) -> None:
        """Forget what was in files that are gone."""
        await export_contents.clear(connection)

    def _ids(self, begun: Export, order: ExportOrder) -> sa.Select[tuple[UUID]]:
        caller = Caller(begun.asked_by, begun.tenant, frozenset(order.roles))
        return select_ids(caller, of_form(order.form, self._read_filters(order.filters)))

    async def _kept(
        self, begun: Export, look: Look, found: AsyncGenerator[Sequence[Any], None]
    ) -> AsyncGenerator[Sequence[Any], None]:
        id_of = next(place for place, column in enumerate(look.columns) if column.code == "id")
        place = 0
        async with aclosing(found):
            async for rows in found:
                async with self._engine.begin() as other:
                    await export_contents.add(other, begun, place, [row[id_of] for row in rows])
                place += 1
                yield rows
