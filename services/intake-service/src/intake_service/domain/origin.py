"""What a report says beyond what any report does, because of where it comes from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Device:
    """A camera or sensor that has recognised something."""

    id: str
    confidence: float | None = None
    """How sure it is, 0 to 1."""
    snapshot: UUID | None = None
    """What it saw: one of the attachments."""


@dataclass(frozen=True, slots=True)
class Order:
    """上级交办: what a superior has ordered."""

    number: str
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Which of these a report may have, and must have, its source says."""

    station: str | None = None
    """Code of the liaison station, kiosk or service station where it was taken."""
    device: Device | None = None
    order: Order | None = None
    system: bool = False
    """A partner system has filed it: its account is no person's."""

    def stored(self) -> dict[str, Any] | None:
        """Return it as JSON for its column; None where there is nothing to keep."""
        kept: dict[str, Any] = {}
        if self.station is not None:
            kept["station"] = self.station
        if self.device is not None:
            kept["device"] = {
                "id": self.device.id,
                "confidence": self.device.confidence,
                "snapshot": self.device.snapshot,
            }
        if self.order is not None:
            kept["order"] = {"number": self.order.number, "deadline": self.order.deadline}
        if self.system:
            kept["system"] = True
        return kept or None


NOTHING = Origin()
"""Of most reports."""
