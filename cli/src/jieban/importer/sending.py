"""Sends batches to intake, a few at a time, through restarts and overload."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from intake_service.api import texts
from jieban.errors import UserError
from operations.importing.errors import ImportRefused
from operations.importing.mapping import ColumnMapping, Flaw
from operations.importing.reading import Row
from operations.importing.report import Report
from operations.importing.rows import Prepared, doubts_of, flaws_of, prepare
from operations.importing.said import Said

MAX_ITEMS = 200
MAX_BYTES = 800_000
_KNOWN = "urn:jieban:problem:external-ref-exists"
_JSON = {"Content-Type": "application/json"}
_UNICODE = Said("由 Unicode 字符组成的文字", "text of Unicode characters")
_BATCH = "/intake/v1/complaints/batch"
TEXTS_OF = (texts,)
"""Modules that register the texts of the codes."""
Batch = list[tuple[Row, dict[str, Any]]]
"""Rows and the bodies made of them."""


class _Indigestible(Exception):
    """Intake could not read the request as a whole."""


@dataclass
class Tally:
    """What became of the rows so far."""

    created: int = 0
    """Of a dry run: how many would be."""
    warned: int = 0
    """Of those."""
    known: int = 0
    skipped: int = 0
    rejected: int = 0

    @property
    def rows(self) -> int:
        """How many rows are settled."""
        return self.created + self.known + self.skipped + self.rejected


@dataclass
class Sender:
    """Posts rows to one intake."""

    client: httpx.AsyncClient
    mapping: ColumnMapping
    progress: Callable[[Tally], None]
    report: Report
    warnings: Report
    """Of rows that are imported, and that intake has doubts about."""
    dry_run: bool = False
    patience_seconds: float = 30.0
    """How long an intake that is away is tried again before giving up."""
    tally: Tally = field(default_factory=Tally)

    async def send(self, rows: Iterable[Row], *, at_once: int = 3) -> Tally:
        """Send all rows and return the tally; UserError where intake stays away or refuses the token."""
        gate = asyncio.Semaphore(at_once)
        try:
            async with asyncio.TaskGroup() as group:
                for batch in self._batches(rows):
                    await gate.acquire()
                    group.create_task(self._post(batch)).add_done_callback(lambda _: gate.release())
        except BaseExceptionGroup as errors:
            if (understood := errors.subgroup((UserError, ImportRefused))) is None:
                raise
            raise understood.exceptions[0] from None
        return self.tally

    def _batches(self, rows: Iterable[Row]) -> Iterable[Batch]:
        batch: Batch = []
        size = 0
        for row in rows:
            body = self._body(row)
            if body is None:
                continue
            length = len(json.dumps(body).encode())
            if batch and (len(batch) == MAX_ITEMS or size + length > MAX_BYTES):
                yield batch
                batch, size = [], 0
            batch.append((row, body))
            size += length
        if batch:
            yield batch

    def _body(self, row: Row) -> dict[str, Any] | None:
        prepared = prepare(self.mapping, row)
        if prepared.is_skipped:
            self.tally.skipped += 1
            self.report.tell(row.line, prepared.reference, prepared.flaws)
        elif prepared.body is None:
            self._reject(row, None, prepared.flaws)
        return prepared.body

    async def _post(self, batch: Batch) -> None:
        try:
            answer = await self._answer({"items": [body for _, body in batch]})
        except _Indigestible as error:
            await self._post_parts(batch, str(error))
            return
        for (row, body), item in zip(batch, answer["items"], strict=True):
            problem = item.get("problem") or {}
            if item["status"] in (200, 201):
                self.tally.created += 1
                self._warn(Prepared(row, body, body["external_ref"]), item.get("warnings") or [])
            elif problem.get("type") == _KNOWN:
                self.tally.known += 1
            else:
                self._reject(row, body, self._flaws(row, problem))
        self.progress(self.tally)

    async def _post_parts(self, batch: Batch, reason: str) -> None:
        """Find the row that spoils a batch (a number or text that no JSON parser of ours takes) by halving."""
        if len(batch) == 1:
            row, body = batch[0]
            self._reject(row, body, [Flaw(None, None, Said.same(reason), _UNICODE)])
            return
        middle = len(batch) // 2
        await self._post(batch[:middle])
        await self._post(batch[middle:])

    async def _answer(self, content: dict[str, Any]) -> Any:
        """Post until it is answered. Repeating is safe: intake knows each external_ref."""
        text = json.dumps(content).encode()
        params = {"dry_run": "true"} if self.dry_run else {}
        last = ""
        async for _ in _attempts(self.patience_seconds):
            try:
                response = await self.client.post(_BATCH, content=text, headers=_JSON, params=params)
            except httpx.TransportError as error:
                last = f"{type(error).__name__} {error}".strip()
                continue
            if response.status_code == 200:
                return response.json()
            last = f"{response.status_code} {_title(response)}"
            if response.status_code in (400, 413, 422):
                raise _Indigestible(last)
            if response.status_code not in (429, 502, 503, 504):
                raise UserError(f"Intake at {self.client.base_url} refused the batch: {last}.")
        raise UserError(f"Intake at {self.client.base_url} is away ({last}). Run the same command again to go on.")

    def _flaws(self, row: Row, problem: dict[str, Any]) -> list[Flaw]:
        errors = [(error["pointer"], error["message"]) for error in problem.get("errors") or []]
        return flaws_of(self.mapping, row.values, errors, str(problem.get("detail", "refused")))

    def _warn(self, prepared: Prepared, warnings: Sequence[Mapping[str, str]]) -> None:
        if doubts := doubts_of(self.mapping, prepared, warnings, "en"):
            self.tally.warned += 1
            self.warnings.tell(prepared.row.line, prepared.reference, doubts)

    def _reject(self, row: Row, body: dict[str, Any] | None, flaws: Sequence[Flaw]) -> None:
        self.tally.rejected += 1
        self.report.tell(row.line, body["external_ref"] if body else self.mapping.reference_of(row.values), flaws)
        self.progress(self.tally)


async def _attempts(patience: float) -> AsyncIterator[int]:
    deadline = asyncio.get_running_loop().time() + patience
    pause, attempt = 0.25, 0
    while True:
        yield attempt
        if asyncio.get_running_loop().time() + pause > deadline:
            return
        await asyncio.sleep(pause)
        pause, attempt = min(pause * 2, 4.0), attempt + 1


def _title(response: httpx.Response) -> str:
    try:
        return str(response.json().get("detail", ""))
    except ValueError:
        return response.reason_phrase
