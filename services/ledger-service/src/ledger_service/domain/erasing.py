"""What an erasure takes out of a history: who and what may say who a person is, never that something happened.

An entry is erased as a whole, actor and data, or not at all: its digest proves both together. What stays is what the
leaf has: kind, states, times and numbers.
"""

from collections.abc import Mapping

from contracts.lifecycle import EventType
from ledger_service.domain.entry_types import EntryType, OwnType
from ledger_service.domain.ledger_columns import Subject

OF_REPORTER = frozenset(
    {
        EventType.RECEIVED,
        EventType.RELEASE_REQUESTED,
        EventType.WITHDRAWN,
        EventType.FEEDBACK_RECEIVED,
        EventType.REOPENED,
        EventType.FOLLOWED_UP,
        EventType.SUPPLEMENTED,
        EventType.QUESTION_ASKED,
        EventType.QUESTION_ANSWERED,
    }
)
"""What the reporter has said, or was asked: erased always."""
PLAIN = frozenset(
    {
        EventType.ASSIGNED,
        EventType.ACCEPTED,
        EventType.ESCALATED,
        EventType.ORDER_MISSED,
        EventType.REINSPECTION_DUE,
        EventType.RESCHEDULED,
        EventType.PHOTOS_ASKED,
        EventType.VERIFIED,
        EventType.CLOSED,
        EventType.RELEASED,
        EventType.RELEASE_REFUSED,
        EventType.QUESTION_LAPSED,
        EventType.PHOTOS_CHECKED,
        EventType.ERASED,
    }
)
"""What stays when all texts go, unless it has one of FREE_TEXTS. A kind that is not named here goes."""
FREE_TEXTS = r'"(note|reason|order|comment|text)"'
"""Of a plain entry's data: names of fields that somebody has filled in by hand, as a regular expression."""
COLUMNS_OF_REPORTER = ("external_ref",)
"""Columns of classified ledgers that have nothing of a complaint once it is erased."""
COLUMNS_OF_TEXTS: Mapping[Subject, tuple[str, ...]] = {
    Subject.COMPLAINTS: (*COLUMNS_OF_REPORTER, "description", "address"),
    Subject.ACTIVITIES: ("address", "evidence", "note"),
}
"""Those that have nothing once the texts of what a line is about are erased as well."""
ERASED_BY: Mapping[Subject, EntryType] = {
    Subject.COMPLAINTS: EventType.ERASED,
    Subject.ACTIVITIES: OwnType.ACTIVITY_ERASED,
}
"""The kind of entry that says so."""
