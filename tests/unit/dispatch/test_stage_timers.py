"""The timers of stages against a plain reference that walks through time minute by minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.lifecycle import Status
from dispatch_service.domain.calendars import OFFICE_HOURS, Calendar
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.limits import Allowance, Grade, Limit, LimitTable, Stage, Unit
from dispatch_service.domain.stage_times import LEVELS
from dispatch_service.domain.standing import running
from dispatch_service.domain.working_time import SHANGHAI
from dispatch_service.service.holidays import official

FRIDAY = datetime(2026, 9, 18, 9, tzinfo=SHANGHAI)
"""Before a make-up Sunday and, a week later, the mid-autumn holidays."""
CALENDAR = Calendar(official)
Told = tuple[int, Stage, int]
"""Minute, stage and level."""


@dataclass(frozen=True)
class Story:
    """What happens to a case, in minutes since its first unit got it; `moved` is when the second one did."""

    begun: int
    limits: Mapping[Stage, Allowance]
    pauses: Sequence[tuple[int, int]]
    moved: int
    accepted: int
    started: int
    end: int

    def stages(self, minute: int) -> Sequence[Stage]:
        """Return the stages that run at the end of a minute."""
        if minute >= self.started:
            return running(Status.IN_PROGRESS)
        return running(Status.ACCEPTED if minute >= self.accepted else Status.ASSIGNED)

    def stands(self, minute: int) -> bool:
        """Say whether the clock stands still from that minute to the next."""
        return any(begin <= minute < end for begin, end in self.pauses)

    def moment(self, minute: int) -> datetime:
        """Return when a minute begins."""
        return FRIDAY + timedelta(minutes=self.begun + minute)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    first = st.builds(Allowance, st.integers(1, 2), st.sampled_from([Unit.HOURS, Unit.WORKING_HOURS]))
    limits = {Stage.ACCEPT: draw(first), Stage.ON_SITE: draw(first), Stage.RESOLVE: Allowance(8, Unit.WORKING_HOURS)}
    pauses = sorted(draw(st.lists(st.integers(0, 900), max_size=6, unique=True)))
    moved = draw(st.integers(0, 300))
    accepted = moved + draw(st.integers(1, 600))
    return Story(
        draw(st.integers(0, 8 * 24 * 60)),
        limits,
        list(zip(pauses[::2], pauses[1::2], strict=False)),
        moved,
        accepted,
        accepted + draw(st.integers(1, 600)),
        draw(st.integers(300, 6_000)),
    )


@cache
def is_office(minute: int) -> bool:
    """Say whether a minute after the Friday is within office hours, by looking at calendar and wall."""
    local = FRIDAY + timedelta(minutes=minute)
    return CALENDAR.is_working(local.date()) and any(begin <= local.time() < end for begin, end in OFFICE_HOURS)


def reference(story: Story) -> list[Told]:
    """Return what is told of the stages, by counting each minute for each of them."""
    spent = dict.fromkeys(story.limits, 0)
    told: list[Told] = []
    for minute in range(story.end):
        if minute == story.moved:
            spent[Stage.ACCEPT] = spent[Stage.ON_SITE] = 0
        for stage, limit in story.limits.items():
            if story.stands(minute) or (limit.unit is Unit.WORKING_HOURS and not is_office(story.begun + minute)):
                continue
            spent[stage] += 1
            reached = [level for level in LEVELS if spent[stage] * 100 == level * limit.amount * 60]
            # at that very minute, what ends the stage comes first
            told += [(minute + 1, stage, level) for level in reached if stage in story.stages(minute + 1)]
    return [each for each in told if each[0] != story.moved or each[1] is Stage.RESOLVE]


def clockwork(story: Story) -> Clockwork:
    lines = [Limit(None, None, stage, allowance) for stage, allowance in story.limits.items()]
    return Clockwork(1, LimitTable(lines), CALENDAR.office(), CALENDAR.days())


def after_what_happens(story: Story, work: Clockwork, clock: Clock, minute: int) -> Clock:
    """Return the clock after a pause that has ended in a minute, and after the second unit has got the case."""
    now = story.moment(minute)
    for begin, end in story.pauses:
        if end == minute:
            had_since = story.moment(story.moved if minute > story.moved else 0)
            clock = work.resume(clock, None, Grade.ORDINARY, story.moment(begin), now, assigned_at=had_since)
    return work.reassign(clock, None, Grade.ORDINARY, now) if minute == story.moved else clock


def told_by_clock(story: Story, *, every: int) -> list[Told]:
    """Return what is told where somebody looks at the clock once in `every` minutes, and whenever something happens."""
    work = clockwork(story)
    clock = work.start(None, Grade.ORDINARY, begun_at=story.moment(0), assigned_at=story.moment(0))
    told: list[Told] = []
    changes = {story.moved - 1, story.accepted - 1, story.started - 1, story.end, *(begin for begin, _ in story.pauses)}
    for minute in range(story.end + 1):
        clock = after_what_happens(story, work, clock, minute)
        is_paused = story.stands(minute) and story.stands(minute - 1)
        if is_paused or (minute % every and minute not in changes):
            continue
        waiting = {stage: clock.of(stage).timer_at for stage in story.stages(minute)}
        clock, timers = clock.announce_due(waiting, story.moment(minute))
        told += [((each.at - story.moment(0)) // timedelta(minutes=1), each.stage, each.level) for each in timers]
    return told


@settings(max_examples=30, deadline=None)
@given(stories())
def test_each_level_of_each_stage_is_told_at_its_minute_and_only_while_the_stage_runs(story: Story) -> None:
    assert told_by_clock(story, every=1) == reference(story)


@settings(max_examples=30, deadline=None)
@given(stories())
def test_after_an_outage_all_is_told_that_fell_due_in_its_order(story: Story) -> None:
    assert told_by_clock(story, every=100_000) == reference(story)
