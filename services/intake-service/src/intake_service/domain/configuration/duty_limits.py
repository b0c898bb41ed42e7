"""What the limits of duty items mean for the work: how long the category that an item names may take to resolve.

A complaint has a category and no duty item, so that is where an item's limit counts: where the category and those
above it say none. One that could not count is a flaw.
"""

from collections.abc import Iterator, Mapping

from intake_service.domain.configuration.items import Category, Configuration, Limit, ancestors
from intake_service.domain.flaws import Flaw


def limits_of_items(configuration: Configuration) -> Mapping[str, Limit]:
    """Return the limits that items bring to their categories, by the code of the category."""
    known = {each.code: each for each in configuration.categories}
    found: dict[str, Limit] = {}
    for item in configuration.duty_items:
        category = known.get(item.category) if item.category is not None else None
        if item.limit is not None and category is not None and _own_limit(category, known) is None:
            found.setdefault(category.code, item.limit)
    return found


def flaws_of_limits(configuration: Configuration) -> Iterator[Flaw]:
    """Yield the limits of items that could not count: without a category, or beside another for the same."""
    known = {each.code: each for each in configuration.categories}
    brought = limits_of_items(configuration)
    for place, item in enumerate(configuration.duty_items):
        if item.limit is None:
            continue
        pointer = f"/duty_items/{place}/limit"
        if item.category is None:
            yield Flaw(pointer, "duty-limit-of-nothing", item.code)
        elif (category := known.get(item.category)) is not None:
            counts = _own_limit(category, known) or brought[category.code]
            if counts != item.limit:
                yield Flaw(pointer, "duty-limit-differs", f"{counts.amount} {counts.unit}")


def _own_limit(category: Category, known: dict[str, Category]) -> Limit | None:
    line = [category, *ancestors(category, known)]
    return next((each.limits.resolve for each in line if each.limits.resolve is not None), None)
