"""A schedule comes from its seed alone, and comes back from its file."""

from collections import Counter
from pathlib import Path

import pytest

from chaos.schedule import Schedule, draw

KINDS = [("kill", 1.0), ("freeze", 8.0), ("cut", 5.0)]


def test_a_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    assert draw(7, KINDS, 20) == draw(7, KINDS, 20)
    assert draw(7, KINDS, 20) != draw(8, KINDS, 20)


def test_each_kind_comes_before_any_comes_again() -> None:
    schedule = draw(1, KINDS, 7)
    assert (
        {step.fault for step in schedule.steps[:3]} == {step.fault for step in schedule.steps[3:6]} == set(dict(KINDS))
    )
    assert sorted(Counter(step.fault for step in schedule.steps).values()) == [2, 2, 3]


def test_it_comes_back_from_its_file(tmp_path: Path) -> None:
    schedule = draw(3, KINDS, 5)
    schedule.save(tmp_path / "schedule.json")
    assert Schedule.load(tmp_path / "schedule.json") == schedule


@pytest.mark.parametrize("text", ["{}", '{"seed": 1, "steps": [{"fault": "kill"}]}', "[]"])
def test_a_file_that_is_no_schedule_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(ValueError, match=r"other\.json"):
        Schedule.load(tmp_path / "other.json")
