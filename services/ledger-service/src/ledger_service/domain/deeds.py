"""What is done about a complaint beside its handling: transfers 转办, supervision orders 督办, supporting work 协办.

Each deed counts once, on the day it was done and under what its complaint counted under at that moment; what comes
later changes nothing of it, for a complaint may have any number of them.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import cast

from contracts.envelope import Event
from contracts.events import (
    ComplaintContributed,
    ComplaintEscalated,
    OrderMissed,
    OrderReplied,
    OrderWithdrawn,
)
from contracts.lifecycle import EventType
from ledger_service.domain.durations import STEPS, Measure
from ledger_service.domain.facts import Facts
from ledger_service.domain.marks import FIRST_DEED, Cell, Tally, duration, mark


class Deed(IntEnum):
    """What is counted of them."""

    HANDED_OVER = 0
    """转办: to another department."""
    ANSWERED = 1
    """Such a department has answered."""
    ANSWERED_IN_TIME = 2
    """Of these, by the promised time, or without one."""
    RECALLED = 3
    """收回: taken back from such a department."""
    ORDERED = 4
    """督办: an order was given, by a supervisor or by rule."""
    REPLIED_IN_TIME = 5
    """An order was answered by its deadline; when the unit answered it."""
    ORDER_MISSED = 6
    """The deadline of an order was over without an answer; on the day of the deadline."""
    ORDER_WITHDRAWN = 7
    CONTRIBUTED = 8
    """协办: an officer of a supporting team has done something."""
    PART_DONE = 9
    """Of these, the team has reported its part as done."""


TELLING = frozenset(
    {
        EventType.CONTRIBUTED,
        EventType.TRANSFERRED,
        EventType.ESCALATED,
        EventType.ORDER_REPLIED,
        EventType.ORDER_MISSED,
        EventType.ORDER_WITHDRAWN,
    }
)
"""The kinds of events that tell of a deed, or come before another that does."""
SIZE = len(Measure) * STEPS + len(Deed)
"""How many counts all times of work and deeds have together, one behind the other."""


def hand_over(facts: Facts, event: Event) -> None:
    """Note that another department has it now."""
    facts.transferred_at = event.time
    _add_as_it_stands(facts, event, event.time, [Deed.HANDED_OVER])


def answer(facts: Facts, event: Event, at: datetime) -> None:
    """Note that the department that has it has answered."""
    if facts.transferred_at is None:
        return
    in_time = facts.promised_at is None or at <= facts.promised_at
    took = duration(Measure.ANSWER, facts.transferred_at, at)
    deeds = [Deed.ANSWERED, Deed.ANSWERED_IN_TIME] if in_time else [Deed.ANSWERED]
    _add_as_it_stands(facts, event, at, deeds, mark(took, at))
    facts.transferred_at = None


def recall(facts: Facts, event: Event) -> None:
    """Note that the department that has it is to have it no longer."""
    facts.transferred_at = None
    _add_as_it_stands(facts, event, event.time, [Deed.RECALLED])


def give_order(facts: Facts, event: Event) -> None:
    """Note an order that goes with an escalation: a supervisor has given it, or a level has brought it."""
    data = cast(ComplaintEscalated, event.data)
    if data.order is not None:
        _add_of_team(facts, event, event.time, data.team, Deed.ORDERED)


def reply_to_order(facts: Facts, event: Event) -> None:
    """Note the answer to an order, unless it is late."""
    data = cast(OrderReplied, event.data)
    if not data.late:
        _add(facts, event, data.replied_at or event.time, [Deed.REPLIED_IN_TIME], data.team, data.actor)


def miss_order(facts: Facts, event: Event) -> None:
    """Note that an order was not answered by its deadline."""
    data = cast(OrderMissed, event.data)
    _add_of_team(facts, event, data.deadline, data.team, Deed.ORDER_MISSED)


def withdraw_order(facts: Facts, event: Event) -> None:
    """Note that an order needs no answer any more."""
    _add_of_team(facts, event, event.time, cast(OrderWithdrawn, event.data).team, Deed.ORDER_WITHDRAWN)


def contribute(facts: Facts, event: Event) -> None:
    """Note what a supporting team has done; what the leading one does is its handling."""
    data = cast(ComplaintContributed, event.data)
    if data.supporting:
        deeds = [Deed.CONTRIBUTED, Deed.PART_DONE] if data.part_done else [Deed.CONTRIBUTED]
        _add(facts, event, data.contributed_at or event.time, deeds, data.team, data.actor)


def _add_as_it_stands(facts: Facts, event: Event, at: datetime, deeds: Sequence[Deed], *marks: int) -> None:
    _add(facts, event, at, deeds, facts.team, facts.officer, *marks)


def _add_of_team(facts: Facts, event: Event, at: datetime, team: str, deed: Deed) -> None:
    """Add what is said to a team: to the officer who has the case, if that is one of it."""
    _add(facts, event, at, [deed], team, facts.officer if team == facts.team else None)


def _add(
    facts: Facts,
    event: Event,
    at: datetime,
    deeds: Sequence[Deed],
    team: str | None,
    officer: str | None,
    *marks: int,
) -> None:
    cell = Cell(
        event.tenant,
        facts.community or "",
        facts.grid or "",
        team or "",
        officer or "",
        facts.category or "",
        facts.source or "",
        facts.handling_mode or "",
        0,  # 剔除 takes out complaints, not what was done about them
        facts.department or "",
    )
    made = (*(mark(FIRST_DEED + deed, at) for deed in deeds), *marks)
    facts.deeds = (*facts.deeds, Tally(cell, made))
