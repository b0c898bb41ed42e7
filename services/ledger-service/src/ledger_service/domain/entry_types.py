"""What kinds of entries the ledger has: the events of complaints, and what it records of other things itself."""

from enum import StrEnum

from contracts.lifecycle import EventType


class OwnType(StrEnum):
    """The kinds of entries that are about no complaint. They are made here; those of activities are published."""

    ACTIVITY_RECORDED = "activity.recorded"
    ACTIVITY_CORRECTED = "activity.corrected"
    ACTIVITY_VOIDED = "activity.voided"
    ACTIVITY_ERASED = "activity.erased"
    """What was written about the activity was erased; its figures stay."""
    EXPORT_MADE = "export.made"
    REVIEW_DECIDED = "review.decided"
    REVIEW_ERASED = "review.erased"
    """The complaint of a review was erased, and so is what was said when that was decided."""


EntryType = EventType | OwnType
ALL_TYPES: tuple[EntryType, ...] = (*EventType, *OwnType)
_OF_COMPLAINTS = "complaint."
_ERASED = ".erased"
ERASURES = tuple(each.value for each in ALL_TYPES if each.value.endswith(_ERASED))
"""Kinds of entries by which earlier ones about the same lose their texts: what `activity.erased` erases is `activity.`
something, and so on. So does the trigger that lets texts go.
"""


def entry_type(name: str) -> EntryType:
    """Return the kind of that name; ValueError where there is none."""
    return EventType(name) if is_of_complaint(name) else OwnType(name)


def is_of_complaint(name: str) -> bool:
    """Say whether entries of that kind are about complaints."""
    return name.startswith(_OF_COMPLAINTS)
