"""The state table 反馈流程图 as an SVG. What is drawn follows the table: a new line of it needs no change here."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from contracts.lifecycle import Status
from ledger_service.domain.flow import OPEN_LABEL, arrows, final_states
from ledger_service.domain.flow_layout import WIDTH, Label, Layout, Point
from ledger_service.domain.labels import STATUS_LABELS

_SVG = "http://www.w3.org/2000/svg"
_STYLE = """
text { font: 13px sans-serif; fill: #1f2937 } .event { font-size: 12px; fill: #374151 }
rect { fill: #eff6ff; stroke: #2563eb; stroke-width: 1.5 } .final { fill: #f0fdf4; stroke: #15803d }
.frame { fill: #f9fafb; stroke: #9ca3af; stroke-dasharray: 6 4 }
path { fill: none; stroke: #6b7280; stroke-width: 1.5 } .tip { marker-end: url(#tip) } circle { fill: #1f2937 }
"""


def svg() -> str:
    """Return the table as an SVG document that stands on its own."""
    layout = Layout(arrows())
    width, height = layout.size
    root = ET.Element("svg", xmlns=_SVG, viewBox=f"0 0 {width} {height}", role="img")
    ET.SubElement(root, "title").text = "反馈流程图 · The states of a complaint"
    ET.SubElement(root, "style").text = _STYLE
    _add_tip(root)
    _add_frame(root, *layout.frame)
    x, y = layout.start()
    ET.SubElement(root, "circle", cx=str(x), cy=str(y), r="6")
    for line in layout.lines:
        for number, corners in enumerate(layout.paths(line)):
            _add_path(root, corners, has_tip=number == 0)
    for status in Status:
        _add_state(root, status, layout.corner(status), layout.height, is_final=status in final_states())
    for line in layout.lines:
        _add_label(root, layout.label(line))
    return ET.tostring(root, encoding="unicode") + "\n"


def _add_tip(root: ET.Element) -> None:
    marker = ET.SubElement(root, "marker", id="tip", viewBox="0 0 8 8", refX="7", refY="4", orient="auto")
    marker.set("markerWidth", "8")
    marker.set("markerHeight", "8")
    ET.SubElement(marker, "polygon", points="0,0 8,4 0,8", fill="#6b7280")


def _add_frame(root: ET.Element, corner: Point, opposite: Point) -> None:
    (x, y), (right, bottom) = corner, opposite
    sides = {"x": str(x), "y": str(y), "width": str(right - x), "height": str(bottom - y), "class": "frame"}
    ET.SubElement(root, "rect", sides, rx="12")
    ET.SubElement(root, "text", x=str(x + 12), y=str(y + 22)).text = OPEN_LABEL


def _add_path(root: ET.Element, corners: Sequence[Point], *, has_tip: bool) -> None:
    path = ET.SubElement(root, "path", d="M" + " L".join(f"{x},{y}" for x, y in corners))
    if has_tip:
        path.set("class", "tip")


def _add_state(root: ET.Element, status: Status, corner: Point, height: int, *, is_final: bool) -> None:
    x, y = corner
    box = ET.SubElement(root, "rect", x=str(x), y=str(y), width=str(WIDTH), height=str(height), rx="8")
    if is_final:
        box.set("class", "final")
    middle = {"x": str(x + WIDTH // 2), "text-anchor": "middle"}
    ET.SubElement(root, "text", middle, y=str(y + height // 2 - 4)).text = STATUS_LABELS[status].zh
    ET.SubElement(root, "text", middle, y=str(y + height // 2 + 14), **{"class": "event"}).text = STATUS_LABELS[
        status
    ].en


def _add_label(root: ET.Element, label: Label) -> None:
    attributes = {"class": "event", "text-anchor": label.anchor, "x": str(label.x), "y": str(label.y)}
    ET.SubElement(root, "text", attributes).text = label.text
