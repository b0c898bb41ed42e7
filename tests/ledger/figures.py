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

from ledger_service.domain.durations import EDGES
from ledger_service.persistence.statistics_cells import Question

_ENTRIES = sa.text("SELECT * FROM entry WHERE tenant = :tenant AND complaint_id IS NOT NULL ORDER BY position")
_TIMES = ("dispatch", "discovery", "on_site", "removal")
_OF_THE_WORD = {"followed_up", "contacted", "solved", "satisfied", "basically_satisfied"}
_OF_THE_RECEPTION = {"received", "voided", "rejected", "merged"}


@dataclass(frozen=True)
class Step:
    """One entry."""

    type: str
    at: datetime
    data: Mapping[str, Any]
    id: UUID


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
    if line.what.split()[0] in _TIMES and not question.with_durations:
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


def where(life: Sequence[Step]) -> Mapping[str, str]:
    """Return the dimensions that it counts under."""
    received = life[0].data
    assigned = _last(life, "assigned")
    unit = assigned.data if assigned else {}
    placed = _last(life, "assigned", "located")
    place = placed.data if placed else {}
    resolved = _last(life, "resolved")
    return {
        "community": place.get("community", ""),
        "grid": place.get("grid", ""),
        "team": unit.get("team", ""),
        "officer": _officer(life),
        "category": (_last(life, "reclassified") or life[0]).data.get("category", ""),
        "source": received["source"],
        "handling_mode": resolved.data["handling_mode"] if resolved else "",
    }


def _officer(life: Sequence[Step]) -> str:
    officer, is_elsewhere = "", False
    for step in life:
        if step.type == "assigned":
            officer, is_elsewhere = step.data.get("officer", ""), False
        elif step.type == "transferred":
            is_elsewhere = True
        elif step.type in ("accepted", "started") or (step.type == "resolved" and not is_elsewhere):
            officer = step.data["actor"]
    return officer


def _excluded(life: Sequence[Step]) -> frozenset[str]:
    switched = {step.data["indicators"]: step.data["excluded"] for step in life if step.type == "excluded"}
    return frozenset(name for name, is_out in switched.items() if is_out)


def counts(life: Sequence[Step]) -> Iterator[tuple[str, datetime]]:
    """Yield what a complaint counts for after these entries, and when."""
    received_at = datetime.fromisoformat(life[0].data["received_at"])
    yield "received", received_at
    for name, back in (("voided", "voided"), ("rejected", "rejected"), ("merged", "unmerged")):
        if (ended := _last(life, name, back, "withdrawn")) is not None and ended.type == name:
            yield name, received_at
            return
    assigned = next((step for step in life if step.type == "assigned"), None)
    if assigned or not _last(_round(life), "withdrawn", "closed", "force_closed"):
        yield "to_dispatch", received_at
    if assigned:
        yield _time("dispatch", received_at, assigned.at), received_at
    yield from _firsts(life, received_at)
    if not _last(life, "withdrawn"):
        yield from _due(life)
    closed = next((step for step in life if step.type in ("closed", "force_closed")), None)
    if closed:
        yield "closed", closed.at
        if _last(life, "reopened"):
            yield "reopened", closed.at
    yield from _word(life)


def _firsts(life: Sequence[Step], received_at: datetime) -> Iterator[tuple[str, datetime]]:
    if "occurred_at" in life[0].data:
        yield _time("discovery", datetime.fromisoformat(life[0].data["occurred_at"]), received_at), received_at
    started = next((step for step in life if step.type == "started"), None)
    if started:
        at = datetime.fromisoformat(started.data["started_at"])
        yield _time("on_site", received_at, at), at
    resolved = _last(_round(life), "resolved")
    if resolved:
        at = _handled_at(resolved)
        yield _time("removal", received_at, at), at


def _due(life: Sequence[Step]) -> Iterator[tuple[str, datetime]]:
    present = _round(life)
    closed = _last(present, "closed", "force_closed")
    forced = _last(present, "force_closed")
    handled = _last(present, "resolved") or forced
    promised_at = _promised_at(present)
    standing = _standing(life)
    handled_at = _handled_at(handled) if handled else None
    stopped_at = standing.at if standing else handled_at
    is_missed = promised_at is not None and (stopped_at is None or stopped_at > promised_at)
    at = promised_at if is_missed else handled_at
    if at is None:
        return
    name = "missed" if is_missed else "in_time"
    yield name, at
    if closed:
        yield "in_time_forced" if forced and not is_missed else f"{name}_closed", at
    if _last(life, "rework_ordered"):
        yield f"{name}_reworked", at


def _handled_at(handled: Step) -> datetime:
    said = handled.data.get("resolved_at")
    return handled.at if said is None else datetime.fromisoformat(said)


def _promised_at(steps: Sequence[Step]) -> datetime | None:
    promised = None
    for step in steps:
        if step.type in ("assigned", "extended", "rescheduled"):
            promised = step.data.get("promised_at")
        elif step.type == "resumed":
            promised = step.data.get("promised_at") or promised
    return None if promised is None else datetime.fromisoformat(promised)


def _standing(life: Sequence[Step]) -> Step | None:
    """Return since when the clock stands: it was laid aside, or waits for the reporter, or did until the result."""
    laid_aside = waits = None
    is_done = False
    for step in life:
        if step.type in ("rework_ordered", "reopened"):
            waits, is_done = None, False
        elif step.type == "suspended":
            laid_aside, waits = waits or step, None
        elif step.type == "resumed":
            laid_aside = None
        elif step.type in ("resolved", "closed", "force_closed"):
            waits = None if waits and _handled_at(step) < waits.at else waits
            is_done = True
        elif step.type == "question_asked" and not (laid_aside or is_done):
            waits = waits or step
        elif step.type in ("question_answered", "question_lapsed") and not (laid_aside or is_done):
            waits = None
    return laid_aside or waits


def _word(life: Sequence[Step]) -> Iterator[tuple[str, datetime]]:
    present = _round(life)
    words = [step for step in present if step.type == "feedback_received" or _says(step)]
    last_call = _last(present, "followed_up")
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


def _round(life: Sequence[Step]) -> Sequence[Step]:
    """Return what came after the last rework or reopening."""
    ends = [place for place, step in enumerate(life) if step.type in ("rework_ordered", "reopened")]
    return life[ends[-1] + 1 :] if ends else life


def _last(steps: Sequence[Step], *types: str) -> Step | None:
    return next((step for step in reversed(steps) if step.type in types), None)


def _time(name: str, begin: datetime, end: datetime) -> str:
    minutes = (end - begin).total_seconds() / 60
    return f"{name} {next((place for place, edge in enumerate(EDGES) if minutes <= edge), len(EDGES))}"
