"""What a reader sees of a complaint and its entries.

Reporters see the unit and the outcome, never who did the work. Staff see everything, but what people wrote in their own
words, which may name somebody, only where they work with it.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from contracts.events import PAYLOADS
from contracts.lifecycle import EventType
from ledger_service.domain.entry_types import EntryType


class Sight(Enum):
    """How much a reader sees."""

    REPORTED = "reported"
    """A reporter, of what is theirs."""
    FACTS = "facts"
    """Staff who do not work with complaints."""
    ALL = "all"
    """Staff who do."""


WORDS = frozenset(
    {
        *("description", "attributes", "answers", "comment", "text", "notice"),
        *("note", "result", "reason", "decision_reason", "void_reason", "advice"),
    }
)
"""Fields that people fill in with their own words: of entries, however deep, and of what is shown of them."""

_FOR_REPORTERS: Mapping[EventType, frozenset[str]] = {
    EventType.RECEIVED: frozenset(
        {"number", "source", "category", "description", "location", "occurred_at", "received_at", "external_ref"}
    ),
    EventType.ASSIGNED: frozenset({"team_name", "community", "round", "promised_at"}),
    EventType.ACCEPTED: frozenset({"accepted_at"}),
    EventType.STARTED: frozenset({"started_at"}),
    EventType.CONTRIBUTED: frozenset(),
    EventType.RETURNED: frozenset(),
    EventType.TRANSFERRED: frozenset({"department", "external_ref"}),
    EventType.EXTENDED: frozenset({"promised_at"}),
    EventType.SUSPENDED: frozenset({"promised_at"}),
    EventType.RESUMED: frozenset({"promised_at"}),
    EventType.RESCHEDULED: frozenset({"promised_at"}),
    EventType.ESCALATED: frozenset({"level", "limit", "stage", "promised_at"}),
    EventType.ORDER_REPLIED: frozenset(),
    EventType.ORDER_WITHDRAWN: frozenset(),
    EventType.ORDER_MISSED: frozenset(),
    EventType.RECTIFICATION_ORDERED: frozenset({"until"}),
    EventType.REINSPECTION_DUE: frozenset({"until"}),
    EventType.REINSPECTED: frozenset({"passed"}),
    EventType.RESOLVED: frozenset({"handling_mode", "result", "resolved_at"}),
    EventType.PHOTOS_ASKED: frozenset(),
    EventType.VERIFIED: frozenset({"method"}),
    EventType.REWORK_ORDERED: frozenset({"round"}),
    EventType.FOLLOWED_UP: frozenset({"outcome", "satisfaction", "solved"}),
    EventType.CLOSED: frozenset({"gates"}),
    EventType.FEEDBACK_RECEIVED: frozenset({"satisfaction", "solved", "comment"}),
    EventType.RATING_APPEALED: frozenset(),
    EventType.APPEAL_DECIDED: frozenset(),
    EventType.REOPENED: frozenset({"reason", "round"}),
    EventType.ENDING_REQUESTED: frozenset(),
    EventType.ENDING_DECIDED: frozenset(),
    EventType.FORCE_CLOSED: frozenset({"reason", "gates"}),
    EventType.VOIDED: frozenset({"reason"}),
    EventType.EXCLUDED: frozenset(),
    EventType.RELEASE_REQUESTED: frozenset({"ending"}),
    EventType.RELEASED: frozenset({"ending"}),
    EventType.RELEASE_REFUSED: frozenset({"status"}),
    EventType.WITHDRAWN: frozenset({"reason"}),
    EventType.REJECTED: frozenset({"code", "advice"}),
    EventType.MERGED: frozenset({"into"}),
    EventType.UNMERGED: frozenset(),
    EventType.SUPPLEMENTED: frozenset({"supplement", "by", "text", "location", "attachments"}),
    EventType.QUESTION_ASKED: frozenset({"question", "text", "lapses_at"}),
    EventType.QUESTION_ANSWERED: frozenset({"question", "by", "text", "attachments"}),
    EventType.QUESTION_LAPSED: frozenset({"question"}),
    EventType.LOCATED: frozenset({"location", "community"}),
    EventType.RECLASSIFIED: frozenset({"category", "former"}),
    EventType.CLEARED: frozenset(),
    EventType.PHOTOS_CHECKED: frozenset(),
    EventType.ERASED: frozenset({"ground", "texts"}),
}
"""Named one by one: a field that a later version adds stays inside until somebody decides otherwise."""
STAFF_ONLY = frozenset(
    {
        EventType.CLEARED,
        EventType.PHOTOS_ASKED,
        EventType.PHOTOS_CHECKED,
        EventType.ORDER_REPLIED,
        EventType.ORDER_WITHDRAWN,
        EventType.ORDER_MISSED,
    }
)
"""Of these reporters do not even see that they happened: nobody is told that they were suspected, what a unit answers
to a supervisor stays between the two, and which photo is missing is the bureau's own matter."""


_OF_REPORTER = frozenset({"owner", "query_code_digest"})
"""What the platform knows reporters by, which tells staff nothing but what else somebody has reported: of who is to
stay unknown, that would say who it is."""


def names_actor(kind: EntryType, sight: Sight) -> bool:
    """Say whether the reader sees who caused an entry: staff do, but of a reception, which is its reporter."""
    return sight is not Sight.REPORTED and kind is not EventType.RECEIVED


def shown(kind: EntryType, data: Mapping[str, Any], sight: Sight) -> Mapping[str, Any]:
    """Return the part of an entry's data that the reader may see.

    Whoever sees facts alone gets no field that this release does not know: it may be somebody's words.
    """
    if sight is Sight.REPORTED and isinstance(kind, EventType):
        return for_reporter(kind, data)
    if kind is EventType.RECEIVED:
        data = {name: value for name, value in data.items() if name not in _OF_REPORTER}
    if sight is Sight.ALL:
        return data
    if not isinstance(kind, EventType):
        return _without_words(data)
    known = PAYLOADS[kind].model_fields
    return _without_words({name: value for name, value in data.items() if name in known})


def _without_words(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_words(value) if isinstance(value, Mapping) else value
        for name, value in data.items()
        if name not in WORDS
    }


def for_reporter(event_type: EventType, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an entry's data that the reporter of the complaint may read."""
    shown = _FOR_REPORTERS[event_type]
    return {name: value for name, value in data.items() if name in shown}
