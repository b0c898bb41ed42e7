"""Small worlds whose outcome is known by hand."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_service.domain.simulation.duties import Duty, Roster
from dispatch_service.domain.simulation.engine import Engine
from dispatch_service.domain.simulation.figures import figures_of
from dispatch_service.domain.simulation.travel import Travel
from dispatch_service.domain.simulation.work import Task, Work

HOUR = 3600.0
HERE = (107.0, 26.5)
NORTH = (107.0, 26.51)
"""1,112 m from `HERE`."""
ON_FOOT = Travel(kilometres_per_hour=4.5, detour=1.3)
END = 1000 * HOUR
AHEAD = timedelta(days=14)


def a_duty(subject: str, begins: float, ends: float, **given_: Any) -> Duty:
    facts = {"team": "a", "place": HERE, "skills": frozenset(given_.pop("skills", ())), **given_}
    return Duty(subject=subject, begins=begins * HOUR, ends=ends * HOUR, **facts)


def a_task(at: float, *, promised: float | None = None, lasts: float = 1.0, **given_: Any) -> Task:
    facts = {"team": "a", "skill": None, "point": HERE, "busy": lasts * HOUR, **given_}
    promised_at = (at + 24 if promised is None else promised) * HOUR
    return Task(assigned_at=at * HOUR, promised_at=promised_at, lasts=lasts * HOUR, **facts)


def run(tasks: Sequence[Task], *duties: Duty, until: float = END) -> list[Work]:
    return list(Engine(Roster(duties, AHEAD), ON_FOOT, until).run(tasks))


def hours(works: Sequence[Work], name: str) -> list[float | None]:
    moments = [getattr(work, name) for work in works]
    return [None if moment is None else round(moment / HOUR, 6) for moment in moments]


def test_an_officer_works_one_case_after_the_other_and_waits_for_the_duty_to_begin() -> None:
    works = run([a_task(7), a_task(8.5), a_task(8.6)], a_duty("li", 8, 12))

    assert hours(works, "on_site_at") == [8, 9, 10]
    assert hours(works, "resolved_at") == [9, 10, 11]
    assert hours(works, "busy") == [1, 1, 1]


def test_the_earliest_promise_goes_first() -> None:
    tasks = [a_task(7, promised=30), a_task(7.5, promised=12), a_task(7.6, promised=20)]

    works = run(tasks, a_duty("li", 8, 12))

    assert hours(works, "promised_at") == [12, 20, 30]


def test_a_way_is_a_straight_line_with_a_detour_at_the_given_speed() -> None:
    (work,) = run([a_task(8, point=NORTH)], a_duty("li", 8, 12))

    assert work.metres is not None
    assert abs(work.metres - 1112 * 1.3) < 2
    assert work.on_site_at is not None
    assert abs((work.on_site_at - 8 * HOUR) - work.metres / 4.5 * 3.6) < 0.01


def test_the_nearest_who_is_free_goes_and_stays_where_the_case_was() -> None:
    near, far = a_duty("zhao", 8, 18, place=NORTH), a_duty("li", 8, 18)
    works = run([a_task(9, point=NORTH), a_task(9.5), a_task(12, point=NORTH)], near, far)

    assert [round(work.metres or 0) for work in works] == [0, 0, 0]


def test_a_case_without_a_place_takes_no_way_and_has_no_length() -> None:
    works = run([a_task(8, point=None), a_task(9.5, point=NORTH)], a_duty("li", 8, 12))

    assert works[0].metres is None
    assert hours(works, "on_site_at")[0] == 8
    assert round(works[1].metres or 0) == round(ON_FOOT.metres(HERE, NORTH) or 0)  # still at the post


def test_the_case_in_hand_is_done_after_the_end_of_the_duty_and_no_other_begun() -> None:
    works = run([a_task(8, lasts=5), a_task(8.5)], a_duty("li", 8, 12), a_duty("li", 12, 16))

    assert hours(works, "on_site_at") == [8, 13]  # busy until 13:00, then the second duty
    nobody = run([a_task(8, lasts=5), a_task(8.5)], a_duty("li", 8, 12))
    assert hours(nobody, "on_site_at") == [8, None]


def test_an_officer_who_is_free_again_leaves_the_rest_to_wait_for_something_else() -> None:
    works = run([a_task(8, lasts=48, busy=2 * HOUR), a_task(9)], a_duty("li", 8, 18))

    assert hours(works, "on_site_at") == [8, 10]
    assert hours(works, "resolved_at") == [56, 11]


def test_a_case_waits_for_somebody_with_the_skill_and_anybody_takes_what_nobody_of_the_team_can_do() -> None:
    plain, skilled = a_duty("li", 8, 18), a_duty("wang", 12, 18, skills=["electric"])
    tasks = [a_task(9, skill="electric"), a_task(9.5, skill="dog_handling")]

    works = run(tasks, plain, skilled)

    assert hours(works, "on_site_at") == [9.5, 12]
    assert [work.assigned_at / HOUR for work in works] == [9.5, 9]


def test_teams_do_not_take_one_anothers_cases() -> None:
    works = run([a_task(8), a_task(8, team="b"), a_task(8, team="none")], a_duty("li", 8, 18))

    assert {work.team: work.on_site_at for work in works} == {"a": 8 * HOUR, "b": None, "none": None}


def test_nothing_happens_after_the_end() -> None:
    works = run([a_task(8, lasts=3), a_task(9)], a_duty("li", 8, 18), until=10 * HOUR)

    assert hours(works, "on_site_at") == [8, None]
    assert hours(works, "resolved_at") == [None, None]
    assert hours(works, "busy") == [2, 0]


def test_figures_by_hand() -> None:
    tasks = [a_task(7, promised=promised) for promised in (10, 9.5, 99, 32)]
    until = 11.5 * HOUR

    found = figures_of(run(tasks, a_duty("li", 8, 11), until=until), until)

    assert found.whole.promises.kept == 3  # promised for 9:30 until 9, for 10 until 10, for 32 until 11
    assert (found.whole.promises.broken, found.whole.promises.not_due) == (0, 1)
    assert (found.whole.cases, found.whole.open, found.whole.peak) == (4, 1, 4)
    assert found.whole.busy_hours == 3
    assert (found.to_site.median, found.to_site.p90) == (2 * HOUR, 3 * HOUR)
    assert found.to_resolution.median == 3 * HOUR
    assert found.whole.promises.rate == 1.0


DUTIES = st.lists(
    st.builds(
        lambda subject, team, begins, length, skilled: Duty(
            team=team, subject=f"{team}-{subject}", begins=begins, ends=begins + length, place=HERE, skills=skilled
        ),
        st.integers(0, 30),
        st.sampled_from("ab"),
        st.integers(0, 200).map(lambda tick: tick * 600.0),
        st.integers(1, 50).map(lambda tick: tick * 600.0),
        st.sampled_from([frozenset[str](), frozenset({"x"})]),
    ),
    max_size=5,
    unique_by=lambda duty: duty.subject,
)
TASKS = st.lists(
    st.builds(
        lambda at, team, promise, lasts, point, skill: Task(
            team=team,
            skill=skill,
            point=point,
            assigned_at=at * 600.0,
            promised_at=(at + promise) * 600.0,
            lasts=lasts * 600.0,
            busy=min(lasts, 4) * 600.0,
        ),
        st.integers(0, 200),
        st.sampled_from("abc"),
        st.integers(0, 100),
        st.integers(0, 10),
        st.sampled_from([HERE, NORTH, None]),
        st.sampled_from([None, "x", "nobody has it"]),
    ),
    max_size=12,
).map(lambda tasks: sorted(tasks, key=lambda task: task.assigned_at))


@settings(max_examples=60)
@given(TASKS, DUTIES, st.integers(0, 400))
def test_every_case_is_handled_or_left_open_once(tasks: list[Task], duties: list[Duty], end: int) -> None:
    until = end * 600.0
    works = run(tasks, *duties, until=until)

    assert Counter((work.team, work.assigned_at, work.promised_at) for work in works) == Counter(
        (task.team, task.assigned_at, task.promised_at) for task in tasks
    )
    for work in works:
        assert work.on_site_at is None or work.assigned_at <= work.on_site_at <= until
        assert work.resolved_at is None or (work.on_site_at is not None and work.resolved_at >= work.on_site_at)
    found = figures_of(works, until)
    promises = found.whole.promises
    assert promises.kept + promises.broken + promises.not_due == found.whole.cases == len(tasks)
    assert sum(load.cases for load in found.teams.values()) == len(tasks)


@settings(max_examples=60)
@given(TASKS, DUTIES)
def test_nobody_works_on_two_cases_at_once(tasks: list[Task], duties: list[Duty]) -> None:
    works = run(tasks, *duties)
    at_work: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for work in works:
        if work.on_site_at is not None:
            left = work.on_site_at - ON_FOOT.seconds(work.metres)
            at_work[work.team] += [(left, 1), (left + work.busy, -1)]
    for team, changes in at_work.items():
        most = sum(duty.team == team for duty in duties)
        busy = 0
        for _, change in sorted((round(at, 3), change) for at, change in changes):
            busy += change
            assert busy <= most


@settings(max_examples=60)
@given(TASKS, DUTIES)
def test_the_same_input_gives_the_same_outcome(tasks: list[Task], duties: list[Duty]) -> None:
    assert run(tasks, *duties) == run(tasks, *reversed(duties))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=20).map(sorted), DUTIES, st.data())
def test_one_more_duty_never_makes_anybody_wait_longer(arrivals: list[int], duties: list[Duty], data: Any) -> None:
    """Where all cases are at one place, as long, and promised in the order of receipt, more hands cannot harm."""
    tasks = [a_task(at / 6, lasts=0.5) for at in arrivals]
    begins = data.draw(st.integers(0, 40))
    better = [*duties, a_duty("one-more", begins, begins + 8)]

    now, then = (figures_of(run(tasks, *each), END) for each in (duties, better))

    assert then.to_site.count >= now.to_site.count
    if now.to_site.count == len(tasks):
        assert (then.to_site.median or 0) <= (now.to_site.median or 0)
        assert (then.to_site.p90 or 0) <= (now.to_site.p90 or 0)
        assert then.whole.promises.kept >= now.whole.promises.kept
