"""What has happened on a day, complaint by complaint, so that what comes later only has to be added."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from contracts.events import Satisfaction
from ledger_service.domain.overview import HOUR, MEASURED, Count, Day, Happened, Measure, Word

_MEASURES: Mapping[str, Measure] = {str(event): measure for event, measure in MEASURED.items()}
_SAYABLE = frozenset(get_args(Satisfaction))


Entered = tuple[UUID, int, str, datetime, str | None, str | None]
"""An entry: complaint, position, type, when it occurred, how satisfied the reporter is where it tells it, and the
community that the complaint is in when it is read."""


@dataclass(slots=True)
class _Story:
    """What has happened to a complaint: by hour of the day, and the last word of its reporter, with its position."""

    community: str | None = None
    happened: list[tuple[int, Measure]] = field(default_factory=list)
    last_word: tuple[int, Satisfaction] | None = None


class Today:
    """What has happened on a day so far, by the community that each complaint is in now."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self._stories: dict[UUID, _Story] = {}
        self._happened: Counter[tuple[str | None, int, Measure]] = Counter()
        self._words: Counter[tuple[str | None, Satisfaction]] = Counter()

    def enter(self, entries: Iterable[Entered]) -> None:
        """Add entries, each of them once, whenever they happened.

        What happened to a complaint before moves along where one of its entries finds it in another community.
        """
        touched: dict[UUID, _Story] = {}
        for complaint_id, position, what, occurred_at, said, community in entries:
            story = touched.get(complaint_id)
            if story is None:
                story = touched[complaint_id] = self._stories.get(complaint_id) or _Story()
                self._count(story, -1)
            story.community = community
            if self.day.begins <= occurred_at < self.day.ends:
                self._add(story, position, what, occurred_at, said)
        for complaint_id, story in touched.items():
            if story.happened or story.last_word:
                self._stories[complaint_id] = story
                self._count(story, +1)

    def counts(self) -> list[Count]:
        """Return what has happened, and the last word today of each reporter who gave one."""
        happened = (Happened(*key, times) for key, times in self._happened.items() if times)
        words = (Word(*key, reporters) for key, reporters in self._words.items() if reporters)
        return [*happened, *words]

    def _add(self, story: _Story, position: int, what: str, occurred_at: datetime, said: str | None) -> None:
        measure = _MEASURES.get(what)
        if measure is not None:
            story.happened.append(((occurred_at - self.day.begins) // HOUR, measure))
        if said in _SAYABLE and (story.last_word is None or position > story.last_word[0]):
            story.last_word = position, cast(Satisfaction, said)

    def _count(self, story: _Story, by: int) -> None:
        for hour, measure in story.happened:
            self._happened[story.community, hour, measure] += by
        if story.last_word is not None:
            self._words[story.community, story.last_word[1]] += by
