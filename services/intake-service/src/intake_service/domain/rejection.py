"""Why complaints are rejected 不予受理, and the templates of what their reporters are advised."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

import yaml

from contracts.events import Advice

Reason = Literal["out_of_scope", "not_ours", "unclear", "abusive", "spam", "duplicate_other", "other"]
PLACEHOLDERS = frozenset({"number", "department"})
"""What a template may name in braces: the number of the complaint, and what the operator gives as `department`."""
MOST_TEMPLATES = 200
_BRACED = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A text for reporters, in both languages."""

    code: str
    reason: Reason
    zh: str
    en: str

    @property
    def needs_department(self) -> bool:
        """Whether it names a department that has to be given."""
        return "department" in self._named()

    def fill(self, number: str, department: str | None) -> Advice:
        """Return the advice for the complaint with that number."""
        values = {"number": number, "department": department or ""}
        return Advice(zh=self.zh.format_map(values), en=self.en.format_map(values))

    def _named(self) -> set[str]:
        return {*_BRACED.findall(self.zh), *_BRACED.findall(self.en)}


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of a tenant by code, in their order."""

    by_code: Mapping[str, Template]

    @classmethod
    def of(cls, content: Any) -> Self:
        """Return them from what `content` has returned."""
        return cls({item["code"]: Template(**item) for item in content})

    def content(self) -> list[dict[str, str]]:
        """Return them fit for JSON."""
        return [
            {"code": each.code, "reason": each.reason, "zh": each.zh, "en": each.en} for each in self.by_code.values()
        ]


def flaws_of_text(text: str) -> Iterator[tuple[str, str]]:
    """Yield the code and the piece of each thing in a template's text that cannot be filled."""
    for name in _BRACED.findall(text):
        if name not in PLACEHOLDERS:
            yield "placeholder-unknown", name
    rest = _BRACED.sub("", text)
    for brace in "{}":
        if brace in rest:
            yield "placeholder-unclosed", brace


@cache
def shipped() -> Templates:
    """Return the templates that count until a tenant sets its own."""
    text = files("intake_service.domain").joinpath("data/rejection_templates.yaml").read_text("utf-8")
    return Templates.of(yaml.safe_load(text))
