"""The state table 反馈流程图 as an SVG: the main line downwards, ways back on its left, other ends on its right.

Units are pixels of an unscaled drawing. What is drawn follows the table: a new line of it needs no change here.
"""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from contracts.lifecycle import Status
from ledger_service.domain.flow import Arrow, arrows, final_states
from ledger_service.domain.labels import STATUS_LABELS

_WIDTH, _HEIGHT, _STEP = 230, 44, 96
_MAIN, _SIDE = 270, 740
_LANE, _MARGIN = 26, 24
_SVG = "http://www.w3.org/2000/svg"
_STYLE = """
text { font: 13px sans-serif; fill: #1f2937 } .event { font-size: 12px; fill: #374151 }
rect { fill: #eff6ff; stroke: #2563eb; stroke-width: 1.5 } .final { fill: #f0fdf4; stroke: #15803d }
path { fill: none; stroke: #6b7280; stroke-width: 1.5; marker-end: url(#tip) } circle { fill: #1f2937 }
"""


def svg() -> str:
    """Return the table as an SVG document that stands on its own."""
    ways = arrows()
    main = _main_line(ways)
    side = [status for status in Status if status not in main]
    height = _STEP * len(main) + 2 * _MARGIN + 40
    root = ET.Element("svg", xmlns=_SVG, viewBox=f"0 0 {_SIDE + _WIDTH + _MARGIN} {height}", role="img")
    ET.SubElement(root, "title").text = "反馈流程图 · The states of a complaint"
    ET.SubElement(root, "style").text = _STYLE
    _add_tip(root)
    for status in Status:
        _add_state(root, status, _place(status, main, side), is_final=status in final_states())
    lanes = iter(range(1, len(ways) + 1))
    for way in ways:
        _add_arrow(root, way, main, side, lanes)
    return ET.tostring(root, encoding="unicode") + "\n"


def _main_line(ways: list[Arrow]) -> list[Status]:
    """Return the longest chain in which each state leads to the next one of the table."""
    steps = {(source, target) for source, target, _ in ways}
    main = [Status.RECEIVED]
    for status in Status:
        if (main[-1], status) in steps and status is not main[-1]:
            main.append(status)
    return main


def _place(status: Status, main: list[Status], side: list[Status]) -> tuple[int, int]:
    """Return the upper left corner of a state's box."""
    if status in main:
        return _MAIN, _MARGIN + 40 + _STEP * main.index(status)
    return _SIDE, _MARGIN + 40 + _STEP * (2 * side.index(status) + 1)


def _add_tip(root: ET.Element) -> None:
    marker = ET.SubElement(root, "marker", id="tip", viewBox="0 0 8 8", refX="7", refY="4", orient="auto")
    marker.set("markerWidth", "8")
    marker.set("markerHeight", "8")
    ET.SubElement(marker, "polygon", points="0,0 8,4 0,8", fill="#6b7280")


def _add_state(root: ET.Element, status: Status, corner: tuple[int, int], *, is_final: bool) -> None:
    x, y = corner
    box = ET.SubElement(root, "rect", x=str(x), y=str(y), width=str(_WIDTH), height=str(_HEIGHT), rx="8")
    if is_final:
        box.set("class", "final")
    middle = {"x": str(x + _WIDTH // 2), "text-anchor": "middle"}
    ET.SubElement(root, "text", middle, y=str(y + 19)).text = STATUS_LABELS[status].zh
    ET.SubElement(root, "text", middle, y=str(y + 36), **{"class": "event"}).text = STATUS_LABELS[status].en


def _add_arrow(root: ET.Element, way: Arrow, main: list[Status], side: list[Status], lanes: Iterator[int]) -> None:
    source, target, _ = way
    x, y = _place(target, main, side)
    centre = _MAIN + _WIDTH // 2
    if source is None:
        ET.SubElement(root, "circle", cx=str(centre), cy=str(_MARGIN), r="6")
        line, label, anchor = f"M{centre},{_MARGIN} V{y - 2}", (centre + 10, y - 14), "start"
    elif source in side:
        start = _place(source, main, side)[1] + _HEIGHT - 10
        line = f"M{_SIDE},{start} H{_SIDE - _LANE} V{y + _HEIGHT - 10} H{_MAIN + _WIDTH + 2}"
        label, anchor = (_MAIN + _WIDTH + 10, y + _HEIGHT + 6), "start"
    elif target in side:
        start = _place(source, main, side)[1] + _HEIGHT // 2
        line = f"M{_MAIN + _WIDTH},{start} H{_SIDE - 2 * _LANE} V{y + _HEIGHT // 2} H{x - 2}"
        label, anchor = (_MAIN + _WIDTH + 10, start - 6), "start"
    elif main.index(target) == main.index(source) + 1:
        line, label, anchor = f"M{centre},{y - _STEP + _HEIGHT} V{y - 2}", (centre + 10, y - 20), "start"
    else:
        start = _place(source, main, side)[1]
        lane = _MAIN - _LANE * next(lanes)
        line = f"M{_MAIN},{start + 10} H{lane} V{y + _HEIGHT - 10} H{_MAIN - 2}"
        label, anchor = (lane - 6, start + _HEIGHT // 2 + 4), "end"
    ET.SubElement(root, "path", d=line)
    text = ET.SubElement(root, "text", {"class": "event", "text-anchor": anchor}, x=str(label[0]), y=str(label[1]))
    text.text = way.label
