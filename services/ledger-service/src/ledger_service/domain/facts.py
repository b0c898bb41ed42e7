"""What events say of a complaint: the facts that lists, ledgers and figures are made of."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from uuid import UUID

from contracts.events import ComplaintReceived, HandlingMode, Satisfaction
from ledger_service.domain.marks import Tally

ANSWERED = UUID(int=0)
"""Stands for a question about photos that intake has answered, with whatever is missing."""


class Exclusion(IntFlag):
    """剔除: the figures that a complaint is taken out of; each is switched by itself."""

    TIMELINESS = 1
    SATISFACTION = 2
    ALL = 4


@dataclass(slots=True)
class Facts:
    """What all events so far come to. Another round begins without the result and the word of the one before."""

    owner: str | None = None
    source: str | None = None
    category: str | None = None
    received_at: datetime | None = None
    occurred_at: datetime | None = None
    round: int = 1
    community: str | None = None
    grid: str | None = None
    team: str | None = None
    team_name: str | None = None
    officer: str | None = None
    """Who works on it, or did last: chosen with the team, accepted it, was on site or resolved it."""
    worker: str | None = None
    """Who resolved it last."""
    department: str | None = None
    """Which other department has taken it on; None once it is assigned to a team of ours again."""
    handling_mode: HandlingMode | None = None
    """Of the last result."""
    self_handled: bool = False
    first_assigned_at: datetime | None = None
    promised_at: datetime | None = None
    """None in a new round until dispatch has named a time for it."""
    warn_at: datetime | None = None
    """When its light turns yellow; None where no event has said it."""
    accepted_at: datetime | None = None
    """When the team that it is with took it on, by the officer's word, as the two below."""
    started_at: datetime | None = None
    """When an officer was on site for the first time."""
    resolved_at: datetime | None = None
    facts_version: int = 0
    """How many entries the facts are made of: all, unless a release that did not know them entered some."""
    suspended_at: datetime | None = None
    """Since when its clock stands still; None where it runs."""
    waiting_since: datetime | None = None
    """Since when its clock waits for the reporter's answer; with a result it stays.

    The earlier of the two is the moment of its stop: a device that was offline tells late of a result.
    """
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    first_closed_at: datetime | None = None
    is_forced: bool = False
    """Closed by force 强制结案."""
    returns: int = 0
    extensions: int = 0
    reworks: int = 0
    reopenings: int = 0
    satisfaction: Satisfaction | None = None
    """The reporter's word, however it came."""
    solved: bool | None = None
    follow_up: str | None = None
    """The outcome of the follow-up call that was the last of its task."""
    asked_at: datetime | None = None
    """When the reporter had the word last, or should have had: the feedback, or the end of the calls."""
    rating: UUID | None = None
    """The event that brought the word."""
    appeal: UUID | None = None
    """The event that appealed against it."""
    is_struck: bool = False
    """The appeal was upheld: the word counts in no figure."""
    exclusions: int = 0
    """Flags of Exclusion."""
    photos_asked: UUID | None = None
    """The event that asked intake for the photos of this round's result; ANSWERED once intake has said which it has."""
    received: ComplaintReceived | None = None
    """Set by the event that makes the complaint known; one that is read back from the store does not carry it."""
    transferred_at: datetime | None = None
    """Since when another department has it. The store keeps it in the entry alone (`persistence.transfers`)."""
    deeds: tuple[Tally, ...] = ()
    """What was done about it since it was read from the store, for the figures: see `domain.deeds`."""
