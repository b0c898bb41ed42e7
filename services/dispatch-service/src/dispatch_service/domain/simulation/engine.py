"""The simulation itself: officers on duty take their team's cases, the earliest promise first."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dispatch_service.domain.routing import Point
from dispatch_service.domain.simulation.duties import Duty, Roster
from dispatch_service.domain.simulation.travel import Travel
from dispatch_service.domain.simulation.work import Task, Work

_READY, _ARRIVAL = 0, 1
"""Of what happens at the same moment, officers come first."""


@dataclass(slots=True, eq=False)
class _Worker:
    """An officer in the course of a duty."""

    duty: Duty
    at: Point | None


_Event = tuple[float, int, int, "_Worker | Task"]
_Waiting = tuple[float, int, Task]


class _Queue:
    """The cases of one team that nobody has taken yet, by the skill that they need."""

    def __init__(self, skills: Iterable[str]) -> None:
        """`skills` are those of the whole team: what nobody of it can do, anybody takes."""
        self._skills = frozenset(skills)
        self._waiting: dict[str | None, list[_Waiting]] = defaultdict(list)
        self._arrived = 0

    def needed(self, task: Task) -> str | None:
        """Return the skill that a task takes."""
        return task.skill if task.skill in self._skills else None

    def put(self, task: Task) -> None:
        """Let a task wait."""
        self._arrived += 1
        heapq.heappush(self._waiting[self.needed(task)], (task.promised_at, self._arrived, task))

    def take(self, skills: Iterable[str]) -> Task | None:
        """Return the task with the earliest promise that these skills are enough for; None where there is none."""
        heaps = [heap for skill in (None, *skills) if (heap := self._waiting.get(skill))]
        return heapq.heappop(min(heaps, key=lambda heap: heap[0][:2]))[2] if heaps else None

    def left(self) -> Iterator[Task]:
        """Yield all that wait, in no order."""
        for heap in self._waiting.values():
            yield from (task for _, _, task in heap)


class Engine:
    """One run. It is deterministic: of equals, the case that came first and the officer whose subject is lower."""

    def __init__(self, roster: Roster, travel: Travel, until: float) -> None:
        """Nothing happens after `until`."""
        self._travel = travel
        self._until = until
        self._events: list[_Event] = []
        self._serial = 0
        self._free_at: dict[str, tuple[float, Point | None]] = {}
        self._idle: dict[str, list[_Worker]] = defaultdict(list)
        skills: dict[str, set[str]] = defaultdict(set)
        for duty in roster.duties:
            skills[duty.team] |= duty.skills
            self._plan(duty.begins, _READY, _Worker(duty, duty.place))
        self._queues: dict[str, _Queue] = defaultdict(lambda: _Queue(()))
        self._queues |= {team: _Queue(known) for team, known in skills.items()}

    def run(self, tasks: Iterable[Task]) -> Iterator[Work]:
        """Yield what became of each task, once: those that are taken first. `tasks` come in the order of assignment."""
        arriving = iter(tasks)
        self._await(arriving)
        while self._events and self._events[0][0] <= self._until:
            at, _, _, what = heapq.heappop(self._events)
            if isinstance(what, Task):
                work = self._arrive(what)
                self._await(arriving)
            else:
                work = self._ready(at, what)
            if work is not None:
                yield work
        yield from map(_untouched, self._left(arriving))

    def _plan(self, at: float, rank: int, what: "_Worker | Task") -> None:
        self._serial += 1
        heapq.heappush(self._events, (at, rank, self._serial, what))

    def _await(self, arriving: Iterator[Task]) -> None:
        task = next(arriving, None)
        if task is not None:
            self._plan(task.assigned_at, _ARRIVAL, task)

    def _left(self, arriving: Iterator[Task]) -> Iterator[Task]:
        for queue in self._queues.values():
            yield from queue.left()
        yield from (what for _, _, _, what in self._events if isinstance(what, Task))
        yield from arriving

    def _arrive(self, task: Task) -> Work | None:
        """Give a case to the nearest officer who is free, or let it wait."""
        queue, idle = self._queues[task.team], self._idle[task.team]
        skill = queue.needed(task)
        idle[:] = [worker for worker in idle if worker.duty.ends > task.assigned_at]
        able = [worker for worker in idle if skill is None or skill in worker.duty.skills]
        if not able:
            queue.put(task)
            return None
        nearest = min(able, key=lambda worker: (self._travel.metres(worker.at, task.point) or 0, worker.duty.subject))
        idle.remove(nearest)
        return self._take(nearest, task, task.assigned_at)

    def _ready(self, at: float, worker: _Worker) -> Work | None:
        """Let an officer whose duty begins, or who is done with a case, take the next one."""
        duty = worker.duty
        free_at, place = self._free_at.get(duty.subject, (at, worker.at))
        if free_at > at:  # still at work since the duty before
            worker.at = place
            self._plan(free_at, _READY, worker)
            return None
        if at >= duty.ends:
            return None
        task = self._queues[duty.team].take(sorted(duty.skills))
        if task is None:
            self._idle[duty.team].append(worker)
            return None
        return self._take(worker, task, at)

    def _take(self, worker: _Worker, task: Task, at: float) -> Work:
        """Work on a case to its end, even beyond that of the duty."""
        metres = self._travel.metres(worker.at, task.point)
        on_site_at = at + self._travel.seconds(metres)
        free_at = on_site_at + task.busy
        resolved_at = on_site_at + task.lasts
        worker.at = task.point or worker.at
        self._free_at[worker.duty.subject] = (free_at, worker.at)
        self._plan(free_at, _READY, worker)
        return Work(
            team=task.team,
            assigned_at=task.assigned_at,
            promised_at=task.promised_at,
            on_site_at=on_site_at if on_site_at <= self._until else None,
            resolved_at=resolved_at if resolved_at <= self._until else None,
            metres=metres,
            busy=min(free_at, self._until) - at,
        )


def _untouched(task: Task) -> Work:
    return Work(team=task.team, assigned_at=task.assigned_at, promised_at=task.promised_at)
