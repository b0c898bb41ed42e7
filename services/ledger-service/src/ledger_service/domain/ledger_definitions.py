"""Classified ledgers 台账: named views of complaints or activities, those that are shipped and what makes one good."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Self

from contracts.lifecycle import Status
from ledger_service.domain.labels import Label
from ledger_service.domain.ledger_columns import COLUMNS, GROUPS, PERIODS, Subject
from ledger_service.domain.names import MODE_LABELS, STATUSES, kind_labels

NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,63}$"
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_CATEGORY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+){0,2}")
_WITH_RESULT = frozenset({Status.RESOLVED, Status.VERIFIED, Status.CLOSED, Status.VOIDED})
"""In which a complaint can have the time of its result; another round begins without."""
RUNNING = frozenset({Status.RECEIVED, Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS, Status.TRANSFERRED})
"""In which its time to be resolved runs; another department is bound by it as well."""


class Flaw(NamedTuple):
    """What is wrong with a definition: where (a path within it), and the code of the refusal."""

    path: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which lines a ledger has: an empty tuple and None leave them as they are. Lines match all of what is given."""

    source: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    """Each with all levels below it."""
    community: tuple[str, ...] = ()
    grid: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    handling_mode: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    """Of activities."""
    proactive: bool | None = None
    on_time: bool | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Return what `content` gave."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
        }
        return cls(**given)

    def content(self) -> dict[str, Any]:
        """Return what is given, as `of` takes it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value not in ((), None)
        }


NO_FILTERS = Filters()
OF_SUBJECT: Mapping[Subject, frozenset[str]] = {
    Subject.COMPLAINTS: frozenset(Filters.__dataclass_fields__) - {"kind"},
    Subject.ACTIVITIES: frozenset({"community", "grid", "team", "kind"}),
}
"""The filters that lines of each subject can match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A ledger: what it is called, which lines and columns it has, and in which order."""

    title: Label
    subject: Subject
    columns: tuple[str, ...]
    filters: Filters = NO_FILTERS
    period: str
    """The time that says whether a line is in the period; lines without it are not in the ledger."""
    group_by: str | None = None
    """Files are sorted by it, and have a sum for each; pages are not."""
    newest_first: bool = True

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Return the definition of `content`."""
        subject = Subject(content.get("subject", Subject.COMPLAINTS))
        return cls(
            title=Label(**content["title"]),
            subject=subject,
            columns=tuple(content["columns"]),
            filters=Filters.of(content.get("filters", {})),
            period=content.get("period") or PERIODS[subject][0],
            group_by=content.get("group_by"),
            newest_first=content.get("newest_first", True),
        )

    def content(self) -> dict[str, Any]:
        """Return it as `of` takes it."""
        return {
            "title": self.title._asdict(),
            "subject": str(self.subject),
            "columns": list(self.columns),
            "filters": self.filters.content(),
            "period": self.period,
            "group_by": self.group_by,
            "newest_first": self.newest_first,
        }

    def flaws(self) -> Iterator[Flaw]:
        """Yield what is wrong with it."""
        for place, code in enumerate(self.columns):
            if code not in COLUMNS[self.subject]:
                yield Flaw(f"/columns/{place}", "ledger-column-unknown")
            elif code in self.columns[:place]:
                yield Flaw(f"/columns/{place}", "ledger-column-twice")
        if self.period not in PERIODS[self.subject]:
            yield Flaw("/period", "ledger-period-unknown")
        if self.group_by is not None and self.group_by not in GROUPS[self.subject]:
            yield Flaw("/group_by", "ledger-group-unknown")
        yield from self._flaws_of_filters()

    def _flaws_of_filters(self) -> Iterator[Flaw]:
        for name in self.filters.content():
            if name not in OF_SUBJECT[self.subject]:
                yield Flaw(f"/filters/{name}", "ledger-filter-of-other-subject")
        for flaw in flaws_of_codes(self.filters):
            yield Flaw(f"/filters/{flaw.path}", flaw.code)
        known = frozenset(Status) & frozenset(self.filters.status)
        if known and not known & self._states():
            yield Flaw("/filters/status", "ledger-matches-nothing")

    def _states(self) -> frozenset[Status]:
        """Return the states that a line can be in, by its times and by whether it is on time."""
        states = frozenset(Status)
        if self.filters.on_time is not None:
            states &= _WITH_RESULT if self.filters.on_time else _WITH_RESULT | RUNNING
        if self.period == "resolved_at":
            states &= _WITH_RESULT
        return states & {Status.CLOSED} if self.period == "closed_at" else states


_REFUSALS: Mapping[str, str] = {
    "category": "ledger-category-invalid",
    "handling_mode": "ledger-handling-mode-unknown",
    "status": "ledger-status-unknown",
    "kind": "ledger-kind-unknown",
}


def flaws_of_codes(filters: Filters) -> Iterator[Flaw]:
    """Yield the codes that no line could have: categories have up to three parts, what the platform names is known."""
    for name, value in filters.content().items():
        for place, code in enumerate(value if isinstance(value, list) else ()):
            if not _is_code(name, code):
                yield Flaw(f"{name}/{place}", _REFUSALS.get(name, "ledger-code-invalid"))


def _is_code(filter_name: str, code: str) -> bool:
    if filter_name == "category":
        return _CATEGORY.fullmatch(code) is not None
    known: Mapping[str, Mapping[str, Any]] = {
        "handling_mode": MODE_LABELS,
        "status": STATUSES,
        "kind": kind_labels(),
    }
    return code in known[filter_name] if filter_name in known else _CODE.fullmatch(code) is not None


@cache
def shipped() -> Mapping[str, Definition]:
    """Return the ledgers that every tenant has until it defines them otherwise, by name."""
    text = files("ledger_service.domain").joinpath("data", "ledgers.toml").read_text("utf-8")
    return {name: Definition.of(content) for name, content in tomllib.loads(text).items()}
