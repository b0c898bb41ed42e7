"""The faults, by name."""

from chaos.faults import brokers, databases, links, machine, processes, records
from chaos.faults.base import Fault

FAULTS: dict[str, type[Fault]] = {
    fault.name: fault for family in (processes, brokers, databases, records, links, machine) for fault in family.ALL
}

__all__ = ["FAULTS", "Fault"]
