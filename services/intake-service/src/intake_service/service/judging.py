"""Judges reports before anything is done about them."""

from datetime import datetime

from intake_service.domain.configuration.reference import Reference
from intake_service.domain.report import Report, advice, flaws
from operations.problems import all_invalid
from runtime.auth import Caller
from runtime.problems import FieldError, Problem


def refuse_flaws(report: Report, caller: Caller, now: datetime, reference: Reference) -> None:
    """Raise Problem for a report that is out of scope, with the advice, or that breaks rules, with all of them."""
    if stop := advice(report, reference):
        pointer, text = stop
        texts = {"zh": text.zh, "en": text.en}
        error = FieldError(pointer, "report-out-of-scope", texts)
        raise Problem(422, "report-out-of-scope", errors=[error], extra={"advice": texts}, zh=text.zh, en=text.en)
    errors = [
        FieldError(flaw.pointer, flaw.code, {"given": flaw.given})
        for flaw in flaws(report, caller.roles, now, reference)
    ]
    if errors:
        raise all_invalid(errors)
