"""Exports that are made in the background: their states, and who may have them."""

from enum import StrEnum
from typing import Literal


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """It was made, and its file is gone."""


OPEN = (ExportState.WAITING, ExportState.WORKING)
Form = Literal["csv", "xlsx", "json"]
MOST_ATTEMPTS = 3
"""So often an export is begun; one that ends with its process each time would end them for ever."""
