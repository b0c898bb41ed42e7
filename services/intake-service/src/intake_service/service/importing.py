"""Takes files of complaints, and works through them in the background: see docs/importing.md."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from intake_service.persistence import import_jobs
from intake_service.persistence.import_jobs import Tally
from intake_service.persistence.staging import untouched
from intake_service.service.accept import Intake
from intake_service.service.import_rows import Filing, Read
from operations.importing.document import Document
from operations.importing.errors import ImportRefused
from operations.importing.mapping import ColumnMapping
from operations.importing.reading import Row, read_rows
from operations.importing.rows import Prepared, prepare
from operations.importing.said import Said
from operations.rounds import Rounds
from runtime import clock
from runtime.auth import Caller
from runtime.outages import is_outage
from runtime.problems import FieldError, Problem
from runtime.problems.language import Language

log = structlog.get_logger()

SUFFIXES = (".csv", ".tsv", ".xlsx", ".jsonl", ".ndjson")
KEEP = timedelta(days=7)
"""For so long after its end it is told what became of an import."""
LOST_AFTER = timedelta(days=1)
"""An import that nothing was done for so long, and whose file is not there, is over."""
_LONGEST = timedelta(hours=6)
_AT_ONCE = 200
_SIZE_AT_ONCE = 1_000_000
"""In characters: a row more than that is not held, however long rows are."""
_STRAY_SECONDS = 86_400.0


class TooManyRows(Exception):
    """A file has more rows than may be imported at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to be imported."""

    name: str
    """Of the file, for people."""
    suffix: str
    mapping: Document
    dry_run: bool
    language: Language


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """How much may be imported."""

    file_bytes: int
    rows: int
    waiting: int
    """Imports of one tenant that are on their way."""


class Importing:
    """Imports of one database. Its folder is shared by the replicas that have the role `api`."""

    name = "intake imports"

    def __init__(
        self, engine: AsyncEngine, intake: Intake, read: Read, folder: Path, limits: ImportLimits, zone: ZoneInfo
    ) -> None:
        """`zone` is that of times without an offset where the mapping names none."""
        self._engine = engine
        self._intake = intake
        self._read = read
        self._folder = folder
        self._zone = zone
        self.limits = limits
        self._stop = asyncio.Event()
        self._rounds = Rounds(self.name, self._go_round, every=timedelta(seconds=1), may_take=_LONGEST)

    def path(self, job_id: UUID, suffix: str) -> Path:
        """Return where the file of an import is."""
        return self._folder / f"{job_id}{suffix}"

    async def look(self, path: Path, wanted: Wanted) -> bytes:
        """Return the digest of a file with its mapping, once its header has all the columns that are needed.

        Raises Problem 422 for a file that cannot be read, and for missing columns, all of which are named.
        """
        try:
            return await asyncio.to_thread(self._look, path, wanted)
        except ImportRefused as error:
            raise refusal(error, path, wanted.name) from error

    def _look(self, path: Path, wanted: Wanted) -> bytes:
        next(self._rows(path, wanted.mapping, wanted.name), None)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update(wanted.mapping.model_dump_json().encode())
        return digest.digest()

    def _rows(self, path: Path, document: Document, name: str) -> Iterator[Row]:
        mapping = ColumnMapping(document, self._zone)
        return read_rows(path, document, lambda names: mapping.check(names, name))

    async def begin(
        self, connection: AsyncConnection, job_id: UUID, wanted: Wanted, digest: bytes, caller: Caller
    ) -> None:
        """Add the import of a file that is in its place. Raises Problem 429 where too many are on their way."""
        if await import_jobs.count_open(connection, caller.tenant) >= self.limits.waiting:
            raise Problem(429, "too-many-imports", headers={"Retry-After": "60"}, limit=self.limits.waiting)
        values = {
            "id": job_id,
            "tenant": caller.tenant,
            "created_by": caller.subject,
            "roles": sorted(caller.roles),
            "language": wanted.language,
            "name": wanted.name,
            "suffix": wanted.suffix,
            "digest": digest,
            "mapping": wanted.mapping.model_dump(mode="json"),
            "dry_run": wanted.dry_run,
        }
        await import_jobs.begin(connection, values, clock.now())

    async def run(self, stop: asyncio.Event) -> None:
        """Work through what waits, one after the other, until `stop`; other replicas take other imports."""
        self._stop = stop
        await self._rounds.run(stop)

    async def _go_round(self) -> None:
        await self.work(self._stop)

    async def work(self, stop: asyncio.Event) -> None:
        """Do what is to be done and no other replica does; what has its file elsewhere is left to who has it."""
        async with self._engine.connect() as connection:
            jobs = await import_jobs.unfinished(connection)
        for job in jobs:
            if not stop.is_set() and self.path(job.id, job.suffix).is_file():
                await self._take(job, stop)

    async def clean(self) -> None:
        """Forget what ended long ago, end what has lost its file, and remove files of requests that were broken off."""
        async with self._engine.begin() as connection:
            await import_jobs.forget(connection, clock.now() - KEEP)
            jobs = await import_jobs.unfinished(connection)
        for job in jobs:
            if job.updated_at <= clock.now() - LOST_AFTER and not self.path(job.id, job.suffix).is_file():
                await self._end(job.id, "failed", failure="import-file-lost")
        await asyncio.to_thread(self._sweep, {str(job.id) for job in jobs})

    async def _take(self, job: Any, stop: asyncio.Event) -> None:
        """Do one import, unless another replica does; the lock goes with its connection, whatever happens."""
        async with self._engine.connect() as guard:
            await guard.execution_options(isolation_level="AUTOCOMMIT")
            if not await import_jobs.seize(guard, job.id):
                return
            try:
                await self._do(job, stop)
            finally:
                await guard.invalidate()

    async def _do(self, job: Any, stop: asyncio.Event) -> None:
        path = self.path(job.id, job.suffix)
        try:
            state = await self._go_on(job, path, stop)
        except ImportRefused as error:
            detail = _named(error.said, path, job.name).told(job.language)
            state = await self._end(job.id, "failed", failure=error.code, detail=detail)
        except TooManyRows:
            most = self.limits.rows
            detail = Said(f"超过 {most:,} 行", f"more than {most:,} rows").told(job.language)
            state = await self._end(job.id, "failed", failure="import-too-many-rows", detail=detail)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("import_failed", job=str(job.id))
            state = await self._end(job.id, "failed", failure="import-failed", detail=type(error).__name__)
        if state not in import_jobs.OPEN:
            path.unlink(missing_ok=True)

    async def _go_on(self, job: Any, path: Path, stop: asyncio.Event) -> str:
        """File what is not settled yet, and return the state that the import is in then."""
        document = Document.model_validate(job.mapping)
        rows = job.rows or await asyncio.to_thread(self._count, path, document, job.name)
        async with self._engine.begin() as connection:
            present = await import_jobs.start(connection, job.id, rows, clock.now())
        if present is None:
            return "cancelled"
        mapping = ColumnMapping(document, self._zone)
        caller = Caller(job.created_by, job.tenant, frozenset(job.roles))
        filing = Filing(
            self._intake, self._read, caller, mapping, job.digest, job.created_at, job.language, job.dry_run
        )
        prepared = (prepare(mapping, row) for row in self._rows(path, document, job.name))
        while not stop.is_set():
            batch = await asyncio.to_thread(_next, prepared, present.line)
            if not batch:
                return await self._end(job.id, "done")
            state = await self._settle(job.id, await filing.file(batch))
            if state is None:  # the lock was lost, and another replica has gone on, with the file
                return "running"
            if state not in import_jobs.OPEN:
                return state
        return "running"

    def _count(self, path: Path, document: Document, name: str) -> int:
        count = 0
        for count, _ in enumerate(self._rows(path, document, name), start=1):
            if count > self.limits.rows:
                raise TooManyRows
        return count

    async def _settle(self, job_id: UUID, tally: Tally) -> str | None:
        async with self._engine.begin() as connection:
            return await import_jobs.settle(connection, job_id, tally, clock.now())

    async def _end(self, job_id: UUID, state: str, failure: str | None = None, detail: str | None = None) -> str:
        async with self._engine.begin() as connection:
            columns = {"failure": failure, "failure_detail": detail}
            row = await import_jobs.finish(connection, job_id, state, clock.now(), **columns)
        return "cancelled" if row is None else state

    def _sweep(self, known: set[str]) -> None:
        """Remove files that no import has, a day after they came: their request was broken off."""
        for path in untouched(self._folder, _STRAY_SECONDS):
            if path.stem not in known:
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def refusal(error: ImportRefused, path: Path | None = None, name: str = "") -> Problem:
    """Return the problem that a refusal is, with all columns that are missing."""
    reason = error.said if path is None else _named(error.said, path, name)
    errors = [
        FieldError("/file", "import-column-missing", {"needs_zh": each.zh, "needs_en": each.en})
        for each in error.missing
    ]
    return Problem(422, error.code, errors=errors, reason_zh=reason.zh, reason_en=reason.en)


def _named(said: Said, path: Path, name: str) -> Said:
    """Return what is said of a file by the name that people know."""
    return said.replace(str(path), name)


def _next(prepared: Iterator[Prepared], settled: int) -> list[Prepared]:
    """Return the next rows that are not settled; all before them are prepared too, because references count."""
    batch, size = list[Prepared](), 0
    for each in prepared:
        if each.row.line > settled:
            batch.append(each)
            size += each.row.size
        if len(batch) == _AT_ONCE or size >= _SIZE_AT_ONCE:
            break
    return batch
