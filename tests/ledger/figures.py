"""Figures counted the slow and obvious way: event by event, complaint by complaint, from the entries themselves."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.figures_of_deeds import deeds
from ledger.steps import Step, handled_at, last, promise, round_of, time_step, where
from ledger_service.persistence.statistics_cells import Question

_ENTRIES = sa.text("SELECT * FROM entry WHERE tenant = :tenant AND complaint_id IS NOT NULL ORDER BY position")
_ALONE = {
    *("dispatch", "discovery", "on_site", "removal", "answer", "handed_over", "answered", "answered_in_time"),
    *("recalled", "ordered", "replied_in_time", "order_missed", "order_withdrawn", "contributed", "part_done"),
}
"""What is kept by one kind of thing only: times of work, and deeds."""
_OF_THE_WORD = {"followed_up", "contacted", "solved", "satisfied", "basically_satisfied"}
_OF_THE_RECEPTION = {"received", "voided", "rejected", "merged"}


@dataclass(frozen=True)
class Line:
    """A complaint counts once for `what`, or for a step of a time, such as `on_site 3`."""

    what: str
    at: datetime
    where: Mapping[str, str]
    excluded: frozenset[str]


async def expected(connection: AsyncConnection, question: Question) -> Mapping[tuple[Any, ...], Mapping[str, int]]:
    """Return what a question should be answered with: counts by name, none of them 0, by key."""
    lives: defaultdict[UUID, list[Step]] = defaultdict(list)
    zone = ZoneInfo(question.zone)
    for row in await connection.execute(_ENTRIES, {"tenant": question.tenant}):
        if question.as_of is None or row.recorded_at.astimezone(zone).date() <= question.as_of:
            step = Step(row.type.removeprefix("complaint."), row.occurred_at, json.loads(row.data), row.event_id)
            lives[row.complaint_id].append(step)
    found: defaultdict[tuple[Any, ...], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for life in lives.values():
        for line in _lines(life):
            if _is_asked_for(line, question, line.at.astimezone(zone).date()):
                found[_key(line, question, line.at.astimezone(zone).date())][line.what] += 1
    return found


def _is_asked_for(line: Line, question: Question, day: date) -> bool:
    if not question.period.first <= day <= question.period.last:
        return False
    if line.what.startswith("missed") and day > question.over:
        return False
    if line.what.split()[0] in _ALONE and not question.with_work:
        return False
    if question.exclusions and line.excluded & _reasons(line.what):
        return False
    return all(
        line.where[name] == wanted or (name == "category" and line.where[name].startswith(f"{wanted}."))
        for name, wanted in question.filters.items()
    )


def _reasons(what: str) -> set[str]:
    if what in _OF_THE_RECEPTION:
        return {"all"}
    return {"all", "satisfaction" if what in _OF_THE_WORD else "timeliness"}


def _key(line: Line, question: Question, day: date) -> tuple[Any, ...]:
    step = [] if question.step is None else [question.step.floor(day)]
    return (*step, *(line.where[name] for name in question.by))


def _lines(life: Sequence[Step]) -> Iterator[Line]:
    place, excluded = where(life), _excluded(life)
    for what, at in counts(life):
        yield Line(what, at, place, excluded)
    for number in range(len(life)):
        yield from (Line(what, at, there, frozenset()) for what, at, there in deeds(life[: number + 1]))


def _excluded(life: Sequence[Step]) -> frozenset[str]:
    switched = {step.data["indicators"]: step.data["excluded"] for step in life if step.type == "excluded"}
    return frozenset(name for name, is_out in switched.items() if is_out)


def counts(life: Sequence[Step]) -> Iterator[tuple[str, datetime]]:
    """Yield what a complaint counts for after these entries, and when."""
    received_at = datetime.fromisoformat(life[0].data["received_at"])
    yield "received", received_at
    for name, back in (("voided", "voided"), ("rejected", "rejected"), ("merged", "unmerged")):
        if (ended := last(life, name, back, "withdrawn")) is not None and ended.type == name:
            yield name, received_at
            return
    assigned = next((step for step in life if step.type == "assigned"), None)
    if assigned or not last(round_of(life), "withdrawn", "closed", "force_closed"):
        yield "to_dispatch", received_at
    if assigned:
        yield time_step("dispatch", received_at, assigned.at), received_at
    yield from _firsts(life, received_at)
    if not last(life, "withdrawn"):
        yield from _due(life)
    closed = next((step for step in life if step.type in ("closed", "force_closed")), None)
    if closed:
        yield "closed", closed.at
        if last(life, "reopened"):
            yield "reopened", closed.at
    yield from _word(life)


def _firsts(life: Sequence[Step], received_at: datetime) -> Iterator[tuple[str, datetime]]:
    if "occurred_at" in life[0].data:
        yield time_step("discovery", datetime.fromisoformat(life[0].data["occurred_at"]), received_at), received_at
    started = next((step for step in life if step.type == "started"), None)
    if started:
        at = datetime.fromisoformat(started.data["started_at"])
        yield time_step("on_site", received_at, at), at
    resolved = last(round_of(life), "resolved")
    if resolved:
        at = handled_at(resolved)
        yield time_step("removal", received_at, at), at


def _due(life: Sequence[Step]) -> Iterator[tuple[str, datetime]]:
    present = round_of(life)
    closed = last(present, "closed", "force_closed")
    forced = last(present, "force_closed")
    handled = last(present, "resolved") or forced
    promised = promise(present)
    standing = _standing(life)
    done_at = handled_at(handled) if handled else None
    stopped_at = standing.at if standing else done_at
    is_missed = promised is not None and (stopped_at is None or stopped_at > promised)
    at = promised if is_missed else done_at
    if at is None:
        return
    name = "missed" if is_missed else "in_time"
    yield name, at
    if closed:
        yield "in_time_forced" if forced and not is_missed else f"{name}_closed", at
    if last(life, "rework_ordered"):
        yield f"{name}_reworked", at


def _standing(life: Sequence[Step]) -> Step | None:
    """Return since when the clock stands: it was laid aside, or waits for the reporter, or did until the result."""
    laid_aside = waits = None
    is_done = False
    for step in life:
        if step.type in ("rework_ordered", "reopened"):
            laid_aside, waits, is_done = None, None, False
        elif step.type == "suspended":
            laid_aside, waits = waits or step, None
        elif step.type == "resumed":
            laid_aside = None
        elif step.type in ("resolved", "closed", "force_closed"):
            waits = None if waits and handled_at(step) < waits.at else waits
            is_done = True
        elif step.type == "question_asked" and not (laid_aside or is_done):
            waits = waits or step
        elif step.type in ("question_answered", "question_lapsed", "unmerged") and not (laid_aside or is_done):
            waits = None
    return laid_aside or waits


def _word(life: Sequence[Step]) -> Iterator[tuple[str, datetime]]:
    present = round_of(life)
    words = [step for step in present if step.type == "feedback_received" or _says(step)]
    last_call = last(present, "followed_up")
    word = words[-1] if words else None
    asked = word or last_call
    if asked is None or (word and _is_struck(life, word)):
        return
    outcome = last_call.data["outcome"] if last_call else None
    if word is None and outcome == "wrong_number":
        return
    yield "followed_up", asked.at
    if word or outcome in ("reached", "refused"):
        yield "contacted", asked.at
    if word and word.data.get("solved"):
        yield "solved", asked.at
    if word and word.data.get("satisfaction") in ("satisfied", "basically_satisfied"):
        yield word.data["satisfaction"], asked.at


def _says(step: Step) -> bool:
    return step.type == "followed_up" and ("satisfaction" in step.data or "solved" in step.data)


def _is_struck(life: Sequence[Step], word: Step) -> bool:
    """Whether the newest appeal against the word was upheld, or, while that is not decided, the one before."""
    appeal, is_struck = "", False
    for step in life:
        if step.type == "rating_appealed" and step.data["rating"] == str(word.id):
            appeal = str(step.id)
        elif step.type == "appeal_decided" and step.data["appeal"] == appeal:
            is_struck = step.data["upheld"]
    return is_struck
