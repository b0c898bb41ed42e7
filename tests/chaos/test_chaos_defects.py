"""Each defect still replaces a piece of the product that is there, by one that fits into its place."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chaos.defects import breaking, failpoints
from chaos.defects.defective import DEFECTS, apply
from chaos.defects.failpoints import FAILPOINTS
from chaos.defects.scenarios import CLEAN, SCENARIOS


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, Any]]:
    """What was in each place and what is now, of this test alone: afterwards everything is as it was."""
    pairs: list[tuple[Any, Any]] = []

    def replace_for_now(owner: Any, name: str, piece: Any) -> None:
        pairs.append((getattr(owner, name), piece))
        monkeypatch.setattr(owner, name, piece)

    monkeypatch.setattr(breaking, "setattr", replace_for_now, raising=False)
    monkeypatch.setenv(failpoints.DEATHS, str(tmp_path))
    monkeypatch.setenv("JIEBAN_INSTANCE", "intake-0")
    return pairs


@pytest.mark.parametrize("name", [*DEFECTS, *FAILPOINTS])
def test_it_replaces_something_by_something_else_that_takes_the_same(
    name: str, replaced: list[tuple[Any, Any]]
) -> None:
    apply(name)
    assert replaced
    for old, new in replaced:
        assert old is not new
        if isinstance(old, type):
            assert issubclass(new, old)
        elif inspect.isfunction(old):
            assert inspect.iscoroutinefunction(old) == inspect.iscoroutinefunction(new)
            inspect.signature(new).bind(*_arguments(old), **_keywords(old))


def test_there_are_twelve_and_each_has_a_scenario_of_its_own() -> None:
    assert [scenario.defect for scenario in SCENARIOS] == list(DEFECTS)
    assert len(DEFECTS) == 12
    assert set(CLEAN.failpoints) == set(FAILPOINTS)


def test_a_misspelt_defect_does_not_pass_for_a_sound_system(replaced: list[tuple[Any, Any]]) -> None:
    with pytest.raises(KeyError):
        apply("no-inbox,no-such-defect")
    assert not replaced


def _arguments(function: Any) -> list[object]:
    parameters = inspect.signature(function).parameters.values()
    return [object() for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]


def _keywords(function: Any) -> Mapping[str, object]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name: object() for each in parameters if each.kind is each.KEYWORD_ONLY}
