"""From the JSON of a complaint to the report that it is."""

from typing import Any

from pydantic import ValidationError

from intake_service.api.schemas import ComplaintIn
from intake_service.domain.report import Report
from runtime.problems.validation import problem_of


def read_report(value: Any) -> Report:
    """Return the report. Raises Problem 422 with all that is wrong."""
    try:
        return ComplaintIn.model_validate(value).to_report()
    except ValidationError as error:
        findings = [{**finding, "loc": ("body", *finding["loc"])} for finding in error.errors(include_input=False)]
        raise problem_of(findings) from error
