"""Figures of a large county: what the entries of its complaints have changed, copied in, to be added to the roll-ups.

3,425 complaints a day, 1,250,000 a year; 15 communities with a grid each, 42 teams, 168 officers, 26 categories and
nine sources, of which a few have most. Each complaint has four entries that count: it is received and given to a team
at once, resolved by an officer hours or days later, closed, and a third are rated. What is recorded on one day is one
change, as it is where entries come in slices. A twentieth is reworked, a fiftieth late.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import asyncpg

from contracts.events import HandlingMode, Satisfaction
from contracts.lifecycle import Status
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.marks import Cell
from ledger_service.domain.tally import difference, tally

ENTRIES_EACH = 4
A_DAY = 3_425
CATEGORIES = [f"category_{major}.kind_{minor}" for major in range(1, 14) for minor in (1, 2)]
SOURCES = ["hotline", "resident_app", "grid_patrol", "liaison_station", "regular_inspection"]
SOURCES += ["home_visit", "video_sensor", "superior_assigned", "media"]
MODES: Sequence[HandlingMode] = (
    *("guidance", "on_site_rectification", "verbal_education"),
    *("rectification_within_limit", "case_filed"),
)
WORDS: Sequence[Satisfaction] = ("satisfied", "satisfied", "basically_satisfied", "dissatisfied")
TEAMS, PLACES = 42, 15
_PART = 50_000
_COLUMNS = ("recorded_at", "n", *Cell._fields, "marks")
_Row = tuple[object, ...]


def span(complaints: int) -> timedelta:
    """Return over which time so many complaints come in."""
    return timedelta(days=complaints / A_DAY)


async def make(connection: asyncpg.Connection, tenant: str, complaints: int) -> int:
    """Copy the changes of `complaints` complaints into a ledger's database; return how many rows they are."""
    rows: list[_Row] = []
    made = 0
    for row in _rows(tenant, complaints):
        rows.append(row)
        if len(rows) == _PART:
            made += await _copy(connection, rows)
    return made + await _copy(connection, rows)


async def _copy(connection: asyncpg.Connection, rows: list[_Row]) -> int:
    count = len(rows)
    await connection.copy_records_to_table("statistics_change", columns=_COLUMNS, records=rows, timeout=600)
    rows.clear()
    return count


def _rows(tenant: str, complaints: int) -> Iterator[_Row]:
    random, length, now = Random(522723), span(complaints), datetime.now(UTC)
    for number in range(complaints):
        received_at = now - length + length * (number / complaints)
        complaint = _received(random, tenant, received_at)
        before = None
        for at in _days(random, complaint, received_at, now):
            after = tally(complaint)
            yield from ((at, sign, *part.cell, part.marks) for sign, part in difference(before, after))
            before = after


def _received(random: Random, tenant: str, received_at: datetime) -> Complaint:
    team = _skewed(random, TEAMS)
    place = f"{1 + team % PLACES:02}"
    return Complaint(
        sequences={},
        status=Status.ASSIGNED,
        id=UUID(int=0),
        tenant=tenant,
        source=SOURCES[_skewed(random, len(SOURCES))],
        category=CATEGORIES[_skewed(random, len(CATEGORIES))],
        received_at=received_at,
        occurred_at=received_at - timedelta(minutes=random.expovariate(1 / 90)),
        community=f"community-{place}",
        grid=f"grid-{place}",
        team=f"team-{1 + team:02}",
        first_assigned_at=received_at + timedelta(minutes=random.expovariate(1 / 10)),
        promised_at=received_at + timedelta(days=random.choice((1, 3, 7))),
    )


def _days(random: Random, complaint: Complaint, received_at: datetime, now: datetime) -> Iterator[datetime]:
    """Let it be resolved, closed, and some rated, as far as it is time; yield at the end of each day of these."""
    last = received_at
    for at, happen in _steps(random, received_at):
        if at > now:
            break
        if at.date() != last.date():
            yield last
        happen(complaint, at)
        last = at
    yield last


def _steps(random: Random, received_at: datetime) -> Iterator[tuple[datetime, Callable[[Complaint, datetime], None]]]:
    handled_at = received_at + timedelta(hours=random.expovariate(1 / 20))
    if random.random() < 0.02:
        handled_at += timedelta(days=7)
    mode, officer, is_reworked = MODES[_skewed(random, 5)], random.randrange(4), random.random() < 0.05
    started_at = received_at + (handled_at - received_at) * random.random()
    closed_at = handled_at + timedelta(hours=random.expovariate(1 / 12))
    word = random.choice(WORDS)

    def handle(complaint: Complaint, at: datetime) -> None:
        complaint.status = Status.RESOLVED
        complaint.officer = f"officer-{complaint.team}-{officer}"
        complaint.handling_mode, complaint.reworks = mode, int(is_reworked)
        complaint.started_at, complaint.resolved_at = started_at, at

    def close(complaint: Complaint, at: datetime) -> None:
        complaint.status = Status.CLOSED
        complaint.closed_at = complaint.first_closed_at = at

    def rate(complaint: Complaint, at: datetime) -> None:
        complaint.asked_at, complaint.rating = at, complaint.id
        complaint.satisfaction, complaint.solved = word, word != "dissatisfied"

    yield handled_at, handle
    yield closed_at, close
    if random.random() < 1 / 3:
        yield closed_at + timedelta(hours=random.expovariate(1 / 12)), rate


def _skewed(random: Random, count: int) -> int:
    """Return a number below `count`; the first ones come most."""
    return int(count * random.random() ** 2)
