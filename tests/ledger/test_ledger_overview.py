"""The overview says of a county, and of each community, what a slow count over its entries and complaints says."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.events import Satisfaction
from contracts.lifecycle import ENDED, EventType, Status
from ledger.conftest import Enter
from ledger.lives import STEPS, Draw, Life
from ledger_service.domain.overview import Figures
from ledger_service.service.overview import Overview, read_overview
from ledger_service.service.today import Todays
from runtime.ids import uuid7

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
"""15:30 of the second of March in the county, whose day has begun at 16:00 UTC of the first."""
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)
COMMUNITIES = ("fulai", "maixi")
MEASURES = {
    "received": ("received",), "assigned": ("assigned",), "resolved": ("resolved",),
    "closed": ("closed", "force_closed"),
    "reopened": ("reopened",), "withdrawn": ("withdrawn",), "rejected": ("rejected",),
    "merged": ("merged",), "voided": ("voided",),
}  # fmt: skip
DRAWS = st.builds(
    Draw,
    minutes=st.integers(1, 120),
    hours=st.integers(1, 12),
    community=st.sampled_from(COMMUNITIES),
    satisfaction=st.sampled_from(get_args(Satisfaction)),
)
PATHS = (
    "assigned accepted started resolved verified closed rated called",
    "assigned escalated accepted rescheduled started escalated rescheduled suspended",
    "assigned accepted suspended resumed started extended resolved rework_ordered assigned accepted started resolved",
    "assigned accepted started resolved verified closed rated reopened assigned accepted returned assigned voided",
)
STRAIGHT = st.builds(
    lambda path, length, draws: list(zip(path.split()[:length], draws, strict=False)),
    st.sampled_from(PATHS),
    st.integers(0, 13),
    st.lists(DRAWS, min_size=13, max_size=13),
)
CROOKED = st.lists(st.tuples(st.sampled_from([*STEPS][1:]), DRAWS), max_size=20)
LIVES = st.lists(st.tuples(st.integers(0, 24 * 60), st.one_of(STRAIGHT, CROOKED)), min_size=1, max_size=10)


def light(events: Sequence[Event], status: Status) -> str | None:
    """Tell it from the events, one after the other."""
    promised = warned = None
    received_at = events[0].time
    for event in events:
        data, name = cast(Any, event.data), event.type.removeprefix("complaint.")
        if name in ("assigned", "extended", "resumed", "rescheduled", "escalated") and data.promised_at is not None:
            promised, warned = data.promised_at, data.warn_at
        if name in ("rework_ordered", "reopened"):
            promised = warned = None  # until the round is assigned
    if promised is None:
        return None
    moment = stood_at(events) or AT
    if moment <= (warned or received_at + (promised - received_at) * 0.8):
        return "green"
    return "yellow" if moment <= promised else "red"


def stood_at(events: Sequence[Event]) -> datetime | None:
    """Return since when the clock stands: it waits for the reporter, it was laid aside, or there is a result."""
    waits = stopped = None
    for event in events:
        name = event.type.removeprefix("complaint.")
        if name in ("rework_ordered", "reopened", "resumed"):
            waits = stopped = None
        elif name in ("suspended", "resolved"):
            stopped = waits or event.time
        elif name == "question_asked" and stopped is None:
            waits = waits or event.time
        elif name in ("question_answered", "question_lapsed", "unmerged") and stopped is None:
            waits = None
    return stopped or waits


def slowly(lives: Sequence[Life], community: str | None) -> dict[str, Any]:
    """Count what the overview says, one complaint and one event after the other."""
    flow, hours, statuses, lights, words = (Counter[Any]() for _ in range(5))
    overdue = 0
    for life in lives:
        placed = [
            cast(Any, event.data).community
            for event in life.events
            if event.type in (EventType.ASSIGNED, EventType.LOCATED)
        ]
        if community is not None and (placed or [None])[-1] != community:
            continue
        said = None
        for event in life.events:
            name = event.type.removeprefix("complaint.")
            if MIDNIGHT <= event.time < MIDNIGHT + timedelta(days=1):
                for measure in (each for each, names in MEASURES.items() if name in names):
                    flow[measure] += 1
                    hours[event.time.astimezone(ZONE).hour, measure] += 1
                if name in ("feedback_received", "followed_up"):
                    said = cast(Any, event.data).satisfaction
        words[said] += said is not None
        assert life.status is not None
        if life.status not in ENDED:
            shown = light(life.events, life.status)
            statuses[life.status] += 1
            lights[shown] += 1
            overdue += shown == "red" and life.status not in ("resolved", "verified")
    return {"flow": +flow, "hours": +hours, "statuses": statuses, "lights": lights, "overdue": overdue, "words": +words}


def quickly(overview: Overview, community: str | None) -> dict[str, Any]:
    figures = overview.figures.get(community, Figures())
    hours = Counter({(hour, each): n for hour, flow in figures.by_hour.items() for each, n in flow.items()})
    return {
        "flow": figures.flow, "hours": hours, "statuses": figures.statuses, "lights": figures.lights,
        "overdue": figures.overdue, "words": figures.words,
    }  # fmt: skip


def lives_of(tenant: str, drawn: Sequence[tuple[int, Sequence[tuple[str, Draw]]]]) -> list[Life]:
    lives = []
    for minutes, steps in drawn:
        life = Life(tenant, AT - timedelta(minutes=minutes), AT)
        for name, draw in steps:
            life.step(name, draw)
        lives.append(life)
    return lives


async def read(engine: AsyncEngine, tenant: str) -> Overview:
    one_snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    async with one_snapshot.connect() as connection:
        return await read_overview(connection, tenant, Todays(), at=AT, zone=ZONE)


@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=LIVES)
async def test_it_says_what_a_slow_count_says(engine: AsyncEngine, enter: Enter, drawn: Any) -> None:
    tenant = f"t{uuid7().hex[-10:]}"
    lives = lives_of(tenant, drawn)
    await enter(*lives)
    overview = await read(engine, tenant)
    for community in (None, *COMMUNITIES):
        assert quickly(overview, community) == slowly(lives, community)
