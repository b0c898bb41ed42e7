"""The picture of the state table says what the table says, and nothing lies over anything else."""

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from contracts.lifecycle import Status
from ledger_service.domain.flow import arrows
from ledger_service.domain.flow_drawing import svg
from ledger_service.domain.labels import STATUS_LABELS

_NAME = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawing() -> ET.Element:
    return ET.fromstring(svg())


def test_every_state_and_every_way_is_drawn_once(drawing: ET.Element) -> None:
    texts = [each.text for each in drawing.iter(f"{_NAME}text")]
    names = [name for label in STATUS_LABELS.values() for name in label]
    assert sorted(filter(None, texts)) == sorted(names + [way.label for way in arrows()])
    assert len([*drawing.iter(f"{_NAME}path")]) == len(arrows())


def test_only_ends_look_like_ends(drawing: ET.Element) -> None:
    assert [box.get("class") for box in drawing.iter(f"{_NAME}rect")] == [
        "final" if status in (Status.CLOSED, Status.WITHDRAWN) else None for status in Status
    ]


def test_boxes_are_within_the_picture_and_apart(drawing: ET.Element) -> None:
    _, _, width, height = map(int, drawing.attrib["viewBox"].split())
    corners = [
        tuple(int(box.attrib[side]) for side in ("x", "y", "width", "height")) for box in drawing.iter(f"{_NAME}rect")
    ]
    assert all(x + wide <= width and y + high <= height for x, y, wide, high in corners)
    for (x, y, wide, high), (other_x, other_y, *_) in combinations(corners, 2):
        assert abs(x - other_x) >= wide or abs(y - other_y) >= high
