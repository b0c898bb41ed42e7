"""A service request as a form has it, and the complaint that it becomes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from pydantic import ValidationError

from intake_service.api.multipart import NUL
from intake_service.api.open311.definitions import answer
from intake_service.api.schemas import ComplaintIn
from intake_service.domain.attachment import Wish
from intake_service.domain.configuration.reference import KnownCategory, Reference
from intake_service.domain.report import Report
from operations.problems import invalid
from runtime.problems import FieldError, Problem
from runtime.problems.validation import problem_of

SUBMISSION = "intake.open311.submission"
"""Where the request's scope has it."""
_SOURCE = "resident_app"
_MOST_FIELDS = 200
_LONGEST_DESCRIPTION = 4000
ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,80})\](?:\[\])?")
"""Names of fields that are answers to a category's questions."""
_NAMES = {
    "category": "service_code",
    "location": "lat, long, address_string",
    "location/lon": "long",
    "location/lat": "lat",
    "location/address": "address_string",
    "reporter/name": "first_name, last_name",
    "reporter/phone": "phone",
    "reporter/email": "email",
}
"""What the form calls the fields of a complaint."""
Form = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Submission:
    """A form; its file, where it has one, is whoever's who takes it."""

    fields: Form
    media: Path | None = None
    media_name: str | None = None
    media_type: str | None = None

    def report(self, attachments: list[UUID], reference: Reference) -> Report:
        """Return the report that it is; raises Problem in the words of the form."""
        code = self._text("service_code")
        if code is None:
            raise invalid("/service_code", "missing")
        service = reference.categories.get(code)
        if service is None:
            raise Problem(404, "open311-service-not-found")
        description = self._text("description") or f"{service.zh} {service.en}"
        if len(description) > _LONGEST_DESCRIPTION:
            raise invalid("/description", "string_too_long", max_length=_LONGEST_DESCRIPTION)
        body = {
            "source": _SOURCE,
            "category": service.code,
            "description": description,
            "location": self._location(),
            "reporter": self._reporter(),
            "attributes": self._attributes(service),
        }
        try:
            report = ComplaintIn.model_validate({**body, "attachments": attachments}).to_report()
        except ValidationError as error:
            findings = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)]
            raise in_its_words(problem_of(findings)) from error
        return report

    def files(self) -> list[tuple[Path, Wish]]:
        """Return its file, as `arrived` takes it."""
        return [] if self.media is None else [(self.media, Wish(name=self.media_name, declared=self.media_type))]

    @property
    def device(self) -> str | None:
        """The id of the device that it was sent from."""
        return self._text("device_id")

    def _text(self, name: str) -> str | None:
        return self.fields.get(name, [""])[0].strip() or None

    def _location(self) -> dict[str, Any]:
        point = {name: self._degrees(field) for name, field in (("lon", "long"), ("lat", "lat"))}
        address = self._text("address_string") or self._text("address_id")
        return {name: value for name, value in {**point, "address": address}.items() if value is not None}

    def _degrees(self, name: str) -> float | None:
        text = self._text(name)
        try:
            return None if text is None else float(text)
        except ValueError as error:
            raise invalid(f"/{name}", "float_parsing") from error

    def _reporter(self) -> dict[str, Any] | None:
        names = [self._text("first_name"), self._text("last_name")]
        said = {
            "name": " ".join(filter(None, names)) or None,
            "phone": self._text("phone"),
            "email": self._text("email"),
        }
        return {name: value for name, value in said.items() if value} or None

    def _attributes(self, service: KnownCategory) -> dict[str, Any]:
        questions = {each.name: each for each in service.questions}
        found: dict[str, list[str]] = {}
        for name, values in self.fields.items():
            if match := ATTRIBUTE.fullmatch(name):
                found.setdefault(match[1], []).extend(values)
        if media_url := self._text("media_url"):
            found["media_url"] = [media_url]
        return {name: answer(questions.get(name), values) for name, values in found.items()}


def parsed(body: bytes) -> Form:
    """Return the fields of a URL-encoded form in UTF-8; raises Problem 400."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(400, "form-invalid") from error
    if any(NUL in text for name, texts in fields.items() for text in (name, *texts)):
        raise Problem(400, "form-invalid")
    return fields


def in_its_words(problem: Problem) -> Problem:
    """Return a problem with a complaint as one with the form that it came from."""
    errors = [FieldError(f"/{_name(each.pointer)}", each.code, each.params) for each in problem.errors]
    params: dict[str, Any] = {**problem.params}
    return Problem(problem.status, problem.code, errors=errors, extra=problem.extra, **params)


def _name(pointer: str) -> str:
    path = pointer.strip("/")
    part, _, name = path.partition("/")
    return f"attribute[{name}]" if part == "attributes" and name else _NAMES.get(path, path)
