"""Where the boxes, lines and labels of the flow chart lie.

The main line goes downwards, other states stand on its right. A frame encloses the open states; an event that may
follow each of them leads from the frame. Ways of one event to one state that run on the same side share a line; each
line has a lane of its own, and ends on each box at a port of its own, so that none lies on another.
Units are pixels of an unscaled drawing, the y axis points down.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.lifecycle import EventType, Status
from ledger_service.domain.flow import Arrow, leads_from_frame, open_states

Side = Literal["straight", "left", "right", "outer", "frame"]
"""Down the main line, on its left, between it and the other states, beyond these, or from the frame straight down."""
_UPRIGHT: tuple[Side, ...] = ("straight", "frame")
Point = tuple[int, int]
WIDTH = 230
_LANE, _LABEL, _MARGIN, _GAP = 16, 190, 24, 46
_LEAVING, _ARRIVING = 11, 18
_TOP = _MARGIN + 2 * _GAP


@dataclass(frozen=True)
class Line:
    """One event that leads to one state, from any number of states."""

    event: EventType
    label: str
    sources: tuple[Status | None, ...]
    target: Status
    side: Side


@dataclass(frozen=True)
class Label:
    """A text and where it stands; `anchor` as in SVG."""

    text: str
    x: int
    y: int
    anchor: Literal["start", "end"]


Ports = defaultdict[tuple[Status, str], list[Line]]


class Layout:
    """The places of everything."""

    def __init__(self, ways: Sequence[Arrow]) -> None:
        """`ways` in the order of the state table."""
        self.main = _main_line(ways)
        self.others = [status for status in Status if status not in self.main]
        self.lines = _lines(ways, self.main)
        counts = defaultdict[Side, int](int)
        self._lanes: dict[Line, int] = {}
        for line in self.lines:
            self._lanes[line] = counts[line.side]
            counts[line.side] += 1
        self._leaving, self._arriving = self._ports()
        ends = self._leaving.keys() | self._arriving.keys()
        busiest = max(len(self._leaving[end]) * _LEAVING + len(self._arriving[end]) * _ARRIVING for end in ends)
        self.height = busiest + 16
        self._left = _MARGIN + counts["left"] * _LANE + _LABEL
        self._right = self._left + WIDTH + 2 * _LABEL + counts["right"] * _LANE
        self._beyond = self._right + WIDTH + _LANE + _LABEL
        self._rows = sum(status in open_states() for status in self.main)
        below = _TOP + self._rows * (self.height + _GAP)
        self.frame = (_MARGIN // 2, _MARGIN + _GAP // 2), (self._beyond + (counts["outer"] + 1) * _LANE, below)
        lowest = max(self.corner(status)[1] for status in Status)
        self.size = self.frame[0][0] + self.frame[1][0], lowest + self.height + _MARGIN

    def corner(self, status: Status) -> Point:
        """Return the upper left corner of a state's box.

        Open ones on the right stand between two of the main line, ends below the frame.
        """
        step = self.height + _GAP
        is_open = status in open_states()
        top = _TOP if is_open else _TOP + self._rows * step + _GAP
        column = self.main if status in self.main else self.others
        place = [each for each in column if (each in open_states()) is is_open].index(status)
        if status in self.main:
            return self._left, top + place * step
        return self._right, top + 3 + (place * step if not is_open else (4 * place + 3) * step // 2)

    def start(self) -> Point:
        """Return where the life of a complaint begins."""
        return self._left + WIDTH // 2, _MARGIN

    def paths(self, line: Line) -> list[list[Point]]:
        """Return the corners of a line from each of its sources; the first leads on to the target."""
        if line.side == "straight":
            return [[self._above(line.sources[0]), (self._left + WIDTH // 2, self.corner(line.target)[1])]]
        if leads_from_frame(line.event):
            return [self._from_frame(line)]
        lane = self._lane(line)
        end = self._port(line.target, line, arriving=True)
        found = []
        for number, source in enumerate(line.sources):
            begin = self._port(_known(source), line, arriving=False)
            found.append([begin, (lane, begin[1]), *([(lane, end[1]), end] if number == 0 else [(lane, end[1])])])
        return found

    def label(self, line: Line) -> Label:
        """Return the name of the event, on the last piece of its line."""
        if line.side in _UPRIGHT:
            x, y = self.paths(line)[0][-1]
            return Label(line.label, x + 10, y - _GAP // 2 + 4, "start")
        x, y = self._port(line.target, line, arriving=True)
        leftwards = self._lane(line) < x
        return Label(line.label, x - 10 if leftwards else x + 10, y - 4, "end" if leftwards else "start")

    def _from_frame(self, line: Line) -> list[Point]:
        bottom = self.frame[1][1]
        if line.side == "frame":
            x = self._left + WIDTH - _LANE * (self._lanes[line] + 1)
            return [(x, bottom), (x, self.corner(line.target)[1])]
        end = self._port(line.target, line, arriving=True)
        return [(self._lane(line), bottom), (self._lane(line), end[1]), end]

    def _above(self, source: Status | None) -> Point:
        if source is None:
            return self.start()
        x, y = self.corner(source)
        return x + WIDTH // 2, y + self.height

    def _lane(self, line: Line) -> int:
        number = self._lanes[line]
        if line.side == "left":
            return self._left - _LABEL - number * _LANE
        if line.side == "right":
            return self._left + WIDTH + _LABEL + number * _LANE
        return self._beyond + number * _LANE

    def _port(self, status: Status, line: Line, *, arriving: bool) -> Point:
        """Return where a line meets a box: leaving ones above, arriving ones with their labels below."""
        x, y = self.corner(status)
        edge = _edge(status, line, self.main)
        across = x if edge == "left" else x + WIDTH
        if arriving:
            number = self._arriving[status, edge].index(line)
            return across, y + self.height - 6 - number * _ARRIVING
        return across, y + 10 + self._leaving[status, edge].index(line) * _LEAVING

    def _ports(self) -> tuple[Ports, Ports]:
        """Return the lines that leave and those that arrive, by state and edge of its box."""
        leaving: Ports = defaultdict(list)
        arriving: Ports = defaultdict(list)
        for line in self.lines:
            if line.side in _UPRIGHT:
                continue
            arriving[line.target, _edge(line.target, line, self.main)].append(line)
            for source in () if leads_from_frame(line.event) else line.sources:
                leaving[_known(source), _edge(_known(source), line, self.main)].append(line)
        return leaving, arriving


def _main_line(ways: Sequence[Arrow]) -> list[Status]:
    """Return the longest chain in which each state leads to the next one of the table."""
    steps = {(source, target) for source, target, _ in ways}
    main = [Status.RECEIVED]
    for status in Status:
        if (main[-1], status) in steps and status is not main[-1]:
            main.append(status)
    return main


def _lines(ways: Sequence[Arrow], main: Sequence[Status]) -> list[Line]:
    sources: dict[tuple[EventType, Status, Side], list[Status | None]] = defaultdict(list)
    labels = {way.event: way.label for way in ways}
    for way in ways:
        sources[way.event, way.target, _side(way, main)].append(way.source)
    return [Line(event, labels[event], tuple(group), target, side) for (event, target, side), group in sources.items()]


def _side(way: Arrow, main: Sequence[Status]) -> Side:
    source, target, event = way
    if leads_from_frame(event):
        return "frame" if target in main else "outer"
    if source is None:
        return "straight"
    if source in main and target in main:
        return "straight" if main.index(target) == main.index(source) + 1 else "left"
    return "right" if source in main or target in main else "outer"


def _edge(status: Status, line: Line, main: Sequence[Status]) -> Literal["left", "right"]:
    if status in main:
        return "left" if line.side == "left" else "right"
    return "right" if line.side == "outer" else "left"


def _known(source: Status | None) -> Status:
    assert source is not None  # noqa: S101 - what begins from nothing goes straight down
    return source
