"""What a complaint counts for after each event of any history, beside the slow and obvious way to count it."""

import json
from collections import Counter as Multiset
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import ComplaintResolved
from contracts.lifecycle import EventType
from histories import OFFICER
from ledger.eventful import Eventful
from ledger.figures import counts
from ledger.figures_of_deeds import deeds
from ledger.steps import Step, where
from ledger.wandering import Wandering
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.durations import EDGES, STEPS, quantile, step_of, within
from ledger_service.domain.marks import Cell, Tally, code_of, mark
from ledger_service.domain.tally import Counter, difference, name_of, tally

BEGIN = datetime(2026, 2, 20, 3, tzinfo=UTC)


def _counted(found: Tally) -> Multiset[tuple[str, int]]:
    """Return what is counted, and by which moment's mark for nothing."""
    return Multiset((name_of(code_of(each)), each - code_of(each)) for each in found.marks)


@settings(max_examples=300)
@given(st.integers(0, 10**9))
def test_a_tally_is_what_the_events_come_to(seed: int) -> None:
    history = Wandering(Random(seed), "t", BEGIN)
    complaint = Complaint.unknown(history.id, "t")
    life: list[Step] = []
    figures: Multiset[tuple[object, ...]] = Multiset()
    before = None
    for event in history.events:
        complaint.enter(event)
        data = json.loads(event.data.model_dump_json(exclude_none=True))
        life.append(Step(event.type.removeprefix("complaint."), event.time, data, event.id))
        found = tally(complaint)
        assert found is not None
        assert _counted(found) == Multiset((what, mark(0, at)) for what, at in counts(life))
        assert {name: getattr(found.cell, name) for name in where(life)} == where(life)
        done = Multiset((*each, *deed.cell) for deed in complaint.deeds for each in _counted(deed).elements())
        told = ((what, mark(0, at), *Cell("t", **there, exclusions=0)) for what, at, there in deeds(life))
        assert done == Multiset(told)
        complaint.deeds = ()
        for sign, part in difference(before, found):
            figures.update({(*part.cell, each): sign for each in part.marks})
        before = found
        assert {key: n for key, n in figures.items() if n} == {(*found.cell, each): 1 for each in found.marks}


def test_a_question_that_came_after_the_result_of_a_device_offline_does_not_make_it_late() -> None:
    history, hour = Eventful(), timedelta(hours=1)
    history.received(received_at=BEGIN)
    for number, step in enumerate((lambda: history.promised(BEGIN + hour), history.accepted, history.started)):
        step()
        history.at(BEGIN + timedelta(minutes=number))
    history.asked()
    history.at(BEGIN + 2 * hour)
    data = ComplaintResolved(
        actor=OFFICER, team="team-01", handling_mode="guidance", result="已劝离", resolved_at=BEGIN + hour / 2
    )
    history.event(EventType.RESOLVED, data)
    history.at(BEGIN + 3 * hour)
    complaint = Complaint.unknown(history.id, history.tenant)
    for event in history.events:
        complaint.enter(event)
    found = tally(complaint)
    assert found is not None
    assert mark(Counter.IN_TIME, BEGIN + hour / 2) in found.marks


def test_what_was_laid_aside_when_it_was_closed_by_force_can_be_late_in_its_next_round() -> None:
    history, hour = Eventful(), timedelta(hours=1)
    history.received(received_at=BEGIN)
    steps = [lambda: history.promised(BEGIN + hour), history.accepted, history.suspended, history.force_closed]
    steps += [history.reopened, lambda: history.promised(BEGIN + 9 * hour), history.asked]
    for number, step in enumerate(steps):
        step()
        history.at(BEGIN + timedelta(minutes=number))
    complaint = Complaint.unknown(history.id, history.tenant)
    for event in history.events[:-1]:
        complaint.enter(event)
    found = tally(complaint)
    assert found is not None
    assert mark(Counter.MISSED, BEGIN + 9 * hour) in found.marks
    complaint.enter(history.events[-1])
    assert complaint.waiting_since == history.events[-1].time, "a question stops its clock again"


def test_what_an_older_release_has_seen_to_is_not_counted_yet() -> None:
    complaint = Complaint.unknown(Wandering(Random(1), "t", BEGIN).id, "t")
    assert tally(complaint) is None
    complaint.enter(Wandering(Random(1), "t", BEGIN).events[0])
    complaint.facts_version = 0
    assert tally(complaint) is None


@pytest.mark.parametrize(
    ("minutes", "step"), [(-5, 0), (0, 0), (1, 0), (1.01, 1), (60, 10), (60 * 24 * 61, len(EDGES))]
)
def test_times_are_counted_in_steps(minutes: float, step: int) -> None:
    assert step_of(timedelta(minutes=minutes).total_seconds()) == step


@given(st.lists(st.integers(1, EDGES[-1]), min_size=1, max_size=200), st.sampled_from((0.5, 0.9)))
def test_quantiles_are_exact_to_their_step(minutes: list[int], share: float) -> None:
    counted = [0] * STEPS
    for each in minutes:
        counted[step_of(60 * each)] += 1
    found = quantile(counted, share)
    true = sorted(minutes)[max(0, -int(-share * len(minutes) // 1) - 1)]
    assert found is not None
    assert step_of(60 * true) == step_of(60 * found - 1e-6)
    assert within(counted, 60) == sum(each <= 60 for each in minutes)


def test_without_times_there_is_no_quantile() -> None:
    assert quantile([0] * STEPS, 0.5) is None
