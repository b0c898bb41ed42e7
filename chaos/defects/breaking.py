"""Replaces a piece of the product in this process."""

from typing import Any


def replace(owner: object, name: str, piece: Any) -> None:
    """Put `piece` in the place of `name` in a module or class; AttributeError where the product has no such place."""
    getattr(owner, name)
    setattr(owner, name, piece)


def changed(text: str, old: str, new: str) -> str:
    """Return `text` with `new` in the place of `old`; ValueError where there is no `old`."""
    if old not in text:
        raise ValueError(f"there is no {old!r} in {text!r}")
    return text.replace(old, new)
