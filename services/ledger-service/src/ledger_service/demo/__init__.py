"""What a demo county did in a year: something to write bulletins of, made up and marked as such."""

from ledger_service.demo.loading import load

__all__ = ["load"]
