"""The configuration that every tenant begins with: what intake judges by, and what dispatch's rules may name."""

from importlib.resources import files
from typing import Literal

Part = Literal["categories", "duty_items", "sources"]


def shipped_text(part: Part) -> str:
    """Return a part of it as YAML: a list of items, each with its `code`."""
    return files("contracts").joinpath("data", f"{part}.yaml").read_text("utf-8")
