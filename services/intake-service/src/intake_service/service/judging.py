"""Judges reports before anything is done about them."""

from collections.abc import Sequence
from datetime import datetime

from intake_service.domain.configuration.reference import Reference
from intake_service.domain.flaws import Flaw
from intake_service.domain.report import Report, advice, flaws
from operations.problems import all_invalid
from runtime.auth import Caller
from runtime.problems import FieldError, Problem


def refuse_flaws(report: Report, caller: Caller, now: datetime, reference: Reference) -> None:
    """Raise Problem for a report that is out of scope, with the advice, or that breaks rules, with all of them."""
    refuse_out_of_scope(report, reference)
    if found := [*flaws(report, caller.roles, now, reference)]:
        raise refusal_of(found)


def refuse_out_of_scope(report: Report, reference: Reference) -> None:
    """Raise Problem with the advice where the category, or an answer to a question of it, says so."""
    if stop := advice(report, reference):
        pointer, text = stop
        texts = {"zh": text.zh, "en": text.en}
        error = FieldError(pointer, "report-out-of-scope", texts)
        raise Problem(422, "report-out-of-scope", errors=[error], extra={"advice": texts}, zh=text.zh, en=text.en)


def refusal_of(found: Sequence[Flaw]) -> Problem:
    """Return the refusal of a report that tells these flaws."""
    return all_invalid([FieldError(flaw.pointer, flaw.code, {"given": flaw.given}) for flaw in found])
