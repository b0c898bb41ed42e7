"""The picture of the state table says what the table says, and nothing lies over anything else."""

from itertools import combinations, pairwise, product
from xml.etree import ElementTree as ET

import pytest

from contracts.lifecycle import ENDED, EventType, Status
from ledger_service.domain.flow import OPEN_LABEL, arrows, leads_from_frame, open_states
from ledger_service.domain.flow_drawing import svg
from ledger_service.domain.flow_layout import WIDTH, Label, Layout, Point
from ledger_service.domain.labels import STATUS_LABELS

LAYOUT = Layout(arrows())
_NAME = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawing() -> ET.Element:
    return ET.fromstring(svg())


def test_every_state_is_drawn_and_every_way_has_its_line(drawing: ET.Element) -> None:
    texts = [each.text for each in drawing.iter(f"{_NAME}text")]
    names = [name for label in STATUS_LABELS.values() for name in label]
    assert sorted(filter(None, texts)) == sorted([*names, OPEN_LABEL, *(line.label for line in LAYOUT.lines)])
    drawn_once = {way.event for way in arrows() if leads_from_frame(way.event)}
    single = [way for way in arrows() if way.event not in drawn_once]
    assert len([*drawing.iter(f"{_NAME}path")]) == len(single) + len(drawn_once)
    drawn = {(source, line.target, line.event) for line in LAYOUT.lines for source in line.sources}
    assert drawn == set(arrows())


def test_only_ends_look_like_ends(drawing: ET.Element) -> None:
    assert [box.get("class") for box in _boxes(drawing)] == ["final" if status in ENDED else None for status in Status]


def test_boxes_are_within_the_picture_and_apart(drawing: ET.Element) -> None:
    _, _, width, height = map(int, drawing.attrib["viewBox"].split())
    corners = [tuple(int(box.attrib[side]) for side in ("x", "y", "width", "height")) for box in _boxes(drawing)]
    assert all(x + wide <= width and y + high <= height for x, y, wide, high in corners)
    for (x, y, wide, high), (other_x, other_y, *_) in combinations(corners, 2):
        assert abs(x - other_x) >= wide or abs(y - other_y) >= high


def test_the_frame_holds_the_open_states_and_what_may_end_each_of_them_leads_from_it() -> None:
    (left, top), (right, bottom) = LAYOUT.frame
    for status in Status:
        x, y = LAYOUT.corner(status)
        inside = left < x and x + WIDTH < right and top < y and y + LAYOUT.height < bottom
        assert inside is (status in open_states())
        assert inside or y > bottom
    framed = [line for line in LAYOUT.lines if leads_from_frame(line.event)]
    assert {(line.event, line.target) for line in framed} == {
        (EventType.FORCE_CLOSED, Status.CLOSED),
        (EventType.VOIDED, Status.VOIDED),
    }
    assert all(left < x < right and y == bottom for line in framed for (x, y), *_ in LAYOUT.paths(line))


def test_no_two_labels_lie_on_each_other_or_on_a_box() -> None:
    labels = [_extent(line.label, LAYOUT.label(line)) for line in LAYOUT.lines]
    boxes = [(x, y, x + WIDTH, y + LAYOUT.height) for x, y in map(LAYOUT.corner, Status)]
    for one, other in [*combinations(labels, 2), *product(labels, boxes)]:
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1], (one, other)
    width, height = LAYOUT.size
    assert all(x >= 0 and y >= 0 and right <= width and low <= height for x, y, right, low in labels)


def test_no_two_lines_share_a_piece_of_their_way() -> None:
    pieces = [(line, piece) for line in LAYOUT.lines for path in LAYOUT.paths(line) for piece in pairwise(path)]
    (left, top), (right, bottom) = LAYOUT.frame
    sides = [*pairwise([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])]
    assert not any(_overlap(piece, side) for (_, piece), side in product(pieces, sides))
    for (one, piece), (other, other_piece) in combinations(pieces, 2):
        assert one == other or not _overlap(piece, other_piece), (one, other)


def _boxes(drawing: ET.Element) -> list[ET.Element]:
    return [box for box in drawing.iter(f"{_NAME}rect") if box.get("class") != "frame"]


def _extent(text: str, label: Label) -> tuple[int, int, int, int]:
    """Return about where a text lies: Chinese characters are 12 pixels wide, others 7."""
    wide = sum(12 if ord(letter) > 0x2E80 else 7 for letter in text)
    left = label.x if label.anchor == "start" else label.x - wide
    return left, label.y - 11, left + wide, label.y + 2


def _overlap(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two upright or level pieces lie on each other; a crossing is none."""
    for across, along in ((0, 1), (1, 0)):
        if len({point[across] for point in (*one, *other)}) == 1:
            (begin, end), (start, stop) = (sorted(point[along] for point in piece) for piece in (one, other))
            return max(begin, start) < min(end, stop)
    return False
