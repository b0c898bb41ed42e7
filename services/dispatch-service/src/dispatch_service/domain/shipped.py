"""The categories 大类、小类 and the nine sources 九大类事件来源 that every tenant begins with."""

from functools import cache

import yaml

from contracts.shipped import Part, shipped_text


@cache
def shipped_codes(part: Part) -> frozenset[str]:
    """Return the codes of all items of a part of the configuration."""
    rows: list[dict[str, str]] = yaml.safe_load(shipped_text(part))
    return frozenset(row["code"] for row in rows)
