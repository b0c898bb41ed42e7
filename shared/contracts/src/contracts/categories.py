"""Codes of categories, which name their levels: `street_order.vendors` is below `street_order`."""


def levels_of(category: str | None) -> list[str]:
    """Return a category and those above it, the lowest first."""
    levels = []
    while category:
        levels.append(category)
        category = category.rpartition(".")[0]
    return levels


def is_within(category: str | None, other: str) -> bool:
    """Say whether a category is `other` or one of a level below it."""
    return category is not None and (category == other or category.startswith(f"{other}."))
