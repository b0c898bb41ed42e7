"""The faults, by name."""

from chaos.faults import (
    away,
    brokers,
    crashes,
    databases,
    disks,
    links,
    losses,
    machine,
    outbox,
    processes,
    producers,
    records,
    tampering,
)
from chaos.faults.base import Fault

_FAMILIES = (
    processes,
    crashes,
    brokers,
    away,
    databases,
    disks,
    records,
    producers,
    outbox,
    losses,
    links,
    machine,
    tampering,
)
FAULTS: dict[str, type[Fault]] = {fault.name: fault for family in _FAMILIES for fault in family.ALL}

__all__ = ["FAULTS", "Fault"]
