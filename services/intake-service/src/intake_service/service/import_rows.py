"""Files the rows of an import as complaints: each once, however often it is tried."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from intake_service.domain.report import Report
from intake_service.persistence.import_jobs import Tally
from intake_service.service.accept import Intake, Once
from operations.importing.mapping import ColumnMapping, Flaw
from operations.importing.rows import Prepared, doubts_of, flaws_of
from runtime.auth import Caller
from runtime.http.strict_json import parse_json
from runtime.idempotency import request_hash
from runtime.outages import is_of_schema, is_outage
from runtime.problems import Problem, unforeseen
from runtime.problems.catalogue import field_text, problem_text
from runtime.problems.language import Language

_PATH = "/intake/v1/imports"
_KNOWN = "external-ref-exists"
Read = Callable[[Any], Report]
"""Makes a report of the JSON body of a complaint; raises Problem."""
Outcome = tuple[Literal["accepted", "known", "skipped", "rejected"], Sequence[Flaw]]
"""What became of a row, and why; of an accepted one, what is doubtful about it."""


@dataclass(frozen=True, slots=True)
class Filing:
    """For whom, and under which keys, rows of one import are filed."""

    intake: Intake
    read: Read
    caller: Caller
    mapping: ColumnMapping
    digest: bytes
    """Of file and mapping: with the row's number it makes the key of a row."""
    begun_at: datetime
    """What was filed under the key of a row since then, this import has filed."""
    language: Language
    dry_run: bool

    async def file(self, rows: Sequence[Prepared]) -> Tally:
        """File rows, at least one, side by side, and return what became of them.

        Raises an outage; rows that were filed by then are found again.
        """
        results = await asyncio.gather(*map(self._outcome, rows), return_exceptions=True)
        if failure := next((each for each in results if isinstance(each, BaseException)), None):
            raise failure
        tally = Tally(rows[-1].row.line)
        outcomes = [each for each in results if not isinstance(each, BaseException)]
        for prepared, (became, flaws) in zip(rows, outcomes, strict=True):
            tally.accepted += became == "accepted"
            tally.warned += became == "accepted" and bool(flaws)
            tally.known += became == "known"
            tally.skipped += became == "skipped"
            tally.rejected += became == "rejected"
            tally.told += _lines(prepared, flaws, self.language, filed=became == "accepted")
        return tally

    async def _outcome(self, prepared: Prepared) -> Outcome:
        if prepared.body is None:
            return "skipped" if prepared.is_skipped else "rejected", prepared.flaws
        try:
            return await self._filed(prepared, prepared.body)
        except Problem as problem:
            if problem.code == _KNOWN:
                return "known", ()
            return "rejected", self._flaws(prepared, problem)
        except Exception as error:
            if is_outage(error) or is_of_schema(error):
                raise  # of no row's making
            return "rejected", self._flaws(prepared, unforeseen(error))

    async def _filed(self, prepared: Prepared, body: dict[str, Any]) -> Outcome:
        text = json.dumps(body).encode()
        report = self.read(parse_json(text))
        if self.dry_run:
            warnings = await self.intake.check(report, self.caller)
        else:
            key = f"import-{self.digest.hex()[:32]}-{prepared.row.line}"
            accepted = await self.intake.accept(report, self.caller, Once(key, request_hash("POST", _PATH, text)))
            receipt = json.loads(accepted.answer)
            if accepted.repeated and not self._is_ours(receipt):
                return "known", ()
            warnings = receipt.get("warnings", ())
        return "accepted", doubts_of(self.mapping, prepared, warnings, self.language)

    def _is_ours(self, receipt: Mapping[str, Any]) -> bool:
        """Whether it was this import that had filed it, before it was broken off."""
        return datetime.fromisoformat(receipt["received_at"]) >= self.begun_at

    def _flaws(self, prepared: Prepared, problem: Problem) -> list[Flaw]:
        errors = [(each.pointer, field_text(each.code, self.language, each.params)) for each in problem.errors]
        detail = problem_text(problem.code, self.language, problem.params)[1]
        return flaws_of(self.mapping, prepared.row.values, errors, detail)


def _lines(prepared: Prepared, flaws: Sequence[Flaw], language: Language, *, filed: bool) -> list[dict[str, Any]]:
    shown = {"line": prepared.row.line, "external_ref": _storable(prepared.reference), "filed": filed}
    return [
        {**shown, "place": place, **{name: _storable(value) for name, value in flaw.told(language).items()}}
        for place, flaw in enumerate(flaws)
    ]


def _storable(text: str | None) -> str | None:
    """Return a text as PostgreSQL takes it."""
    return None if text is None else text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
