"""What one version of the configuration has that another has not."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from intake_service.domain.configuration.items import Configuration

Part = Literal["categories", "duty_items", "sources"]
PARTS: tuple[Part, ...] = ("categories", "duty_items", "sources")
Change = Literal["added", "removed", "changed"]


class Difference(NamedTuple):
    """What became of one item; of a changed one, each field before and after."""

    part: Part
    code: str
    change: Change
    fields: Mapping[str, tuple[Any, Any]]


def differences(before: Configuration, after: Configuration) -> Iterator[Difference]:
    """Yield the items that differ, part by part: those that were, in their order, then those that are new."""
    for part in PARTS:
        old = {each.code: each.model_dump(mode="json") for each in getattr(before, part)}
        new = {each.code: each.model_dump(mode="json") for each in getattr(after, part)}
        for code in [*old, *(each for each in new if each not in old)]:
            if code not in new:
                yield Difference(part, code, "removed", {})
            elif code not in old:
                yield Difference(part, code, "added", {})
            elif old[code] != new[code]:
                fields = {name: (value, new[code][name]) for name, value in old[code].items()}
                changed = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
                yield Difference(part, code, "changed", changed)
