"""What is left to ask of a complaint once category, source, place and time fit."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from dispatch_service.domain.rules import AttributeTest, Facts, Interval, Scalar, When

Test: TypeAlias = Callable[[Facts, str], bool]
"""Asked of a complaint and of its description, folded."""


def tests_of(when: When) -> Iterator[Test]:
    """Yield what has to be true of a complaint, the cheapest first."""
    if when.confidence is not None:
        yield partial(_is_sure, when.confidence)
    for test in when.attributes:
        yield partial(_has, test)
    if when.words:
        yield partial(_says, tuple(word.casefold() for word in when.words))


def is_needed(test: AttributeTest) -> bool:
    """Say whether a test fits only where there is such an attribute."""
    return test.exists is not False


def asks_for_value(test: AttributeTest) -> bool:
    """Say whether a test asks what the attribute is, not only whether it is there."""
    return bool(test.among) or test.at_least is not None or test.at_most is not None


def holds(test: AttributeTest, value: Scalar) -> bool:
    """Say whether the value of an attribute is as asked for; true is no number, and "1" is none either."""
    if test.among and not any(_same(value, wanted) for wanted in test.among):
        return False
    if test.at_least is None and test.at_most is None:
        return True
    if isinstance(value, bool | str):
        return False
    return _inside(value, test.at_least, test.at_most)


def _is_sure(interval: Interval, facts: Facts, _text: str) -> bool:
    return facts.confidence is not None and _inside(facts.confidence, interval.at_least, interval.at_most)


def _has(test: AttributeTest, facts: Facts, _text: str) -> bool:
    value = facts.attributes.get(test.name)
    if value is None:
        return not is_needed(test)
    return is_needed(test) and holds(test, value)


def _says(words: tuple[str, ...], _facts: Facts, text: str) -> bool:
    return any(word in text for word in words)


def _same(value: Scalar, wanted: Scalar) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _inside(value: float, at_least: float | None, at_most: float | None) -> bool:
    return (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
