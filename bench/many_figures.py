"""Figures of a large county: what the entries of its complaints have changed, copied in, and added to the roll-ups.

Three years, 15 communities with a grid and a team each, 100 officers, 40 categories and nine sources, of which a few
have most. Each complaint has four entries that count; the figures change twice by it, on the day it is received and on
the day it is closed, as they do where a day's entries are added up together. A twentieth is reworked, a fiftieth late,
a third is rated.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import asyncpg

from contracts.events import HandlingMode
from contracts.lifecycle import Status
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.tally import Cell, difference, tally

ENTRIES_EACH = 4
YEARS = timedelta(days=3 * 365)
CATEGORIES = [f"category_{major}.kind_{minor}" for major in range(1, 9) for minor in range(1, 6)]
SOURCES = ["hotline", "resident_app", "grid_patrol", "liaison_station", "regular_inspection"]
SOURCES += ["home_visit", "video_sensor", "superior_assigned", "media"]
MODES: Sequence[HandlingMode] = (
    *("guidance", "on_site_rectification", "verbal_education"),
    *("rectification_within_limit", "case_filed"),
)
_PART = 50_000
_COLUMNS = ("recorded_at", "n", *Cell._fields, "marks")
_Row = tuple[object, ...]


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
    await connection.copy_records_to_table("statistics_change", columns=_COLUMNS, records=rows)
    rows.clear()
    return count


def _rows(tenant: str, complaints: int) -> Iterator[_Row]:
    random, begin = Random(522723), datetime.now(UTC) - YEARS
    for number in range(complaints):
        received_at = begin + YEARS * (number / complaints)
        complaint = _received(random, tenant, received_at)
        first = tally(complaint)
        _handle(random, complaint, received_at)
        last = tally(complaint)
        closed_at = complaint.closed_at or received_at
        for at, before, after in ((received_at, None, first), (closed_at, first, last)):
            yield from ((at, sign, *part.cell, part.marks) for sign, part in difference(before, after))


def _received(random: Random, tenant: str, received_at: datetime) -> Complaint:
    place = f"{1 + _skewed(random, 15):02}"
    return Complaint(
        sequences={},
        status=Status.ASSIGNED,
        id=UUID(int=0),
        tenant=tenant,
        source=SOURCES[_skewed(random, 9)],
        category=CATEGORIES[_skewed(random, 40)],
        received_at=received_at,
        occurred_at=received_at - timedelta(minutes=random.expovariate(1 / 90)),
        community=f"community-{place}",
        grid=f"grid-{place}",
        team=f"team-{place}",
        first_assigned_at=received_at + timedelta(minutes=random.expovariate(1 / 10)),
        promised_at=received_at + timedelta(days=random.choice((1, 3, 7))),
    )


def _handle(random: Random, complaint: Complaint, received_at: datetime) -> None:
    """Let it be resolved, verified and closed, and some rated."""
    complaint.status = Status.CLOSED
    complaint.officer = f"officer-{complaint.team}-{random.randrange(7)}"
    complaint.handling_mode = MODES[_skewed(random, 5)]
    complaint.started_at = received_at + timedelta(minutes=random.expovariate(1 / 40))
    complaint.resolved_at = received_at + timedelta(hours=random.expovariate(1 / 8))
    if random.random() < 0.02 and complaint.promised_at is not None:
        complaint.resolved_at = complaint.promised_at + timedelta(hours=random.expovariate(1 / 20))
    complaint.closed_at = complaint.first_closed_at = complaint.resolved_at + timedelta(
        hours=random.expovariate(1 / 12)
    )
    complaint.reworks = int(random.random() < 0.05)
    if random.random() < 1 / 3:
        complaint.asked_at = complaint.closed_at + timedelta(hours=2)
        complaint.rating = complaint.id
        complaint.satisfaction = random.choice(("satisfied", "satisfied", "basically_satisfied", "dissatisfied"))
        complaint.solved = complaint.satisfaction != "dissatisfied"


def _skewed(random: Random, count: int) -> int:
    """Return a number below `count`; the first ones come most."""
    return int(count * random.random() ** 2)
