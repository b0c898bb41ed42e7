"""Shares a poll between transactions, so that a process works on one while the database works on another."""

from eventbus.polling import Polled

WORTH = 400
"""Records: below twice as many, a second transaction costs more than the waiting that it saves."""


def shared_out(polled: Polled, lanes: int) -> list[Polled]:
    """Return up to `lanes` parts of a poll, of about as many records each; a partition is never divided.

    What one partition holds is applied in order, then, and the others are as independent as on different replicas.
    """
    total = sum(map(len, polled.values()))
    parts: list[Polled] = [{} for _ in range(max(1, min(lanes, len(polled), total // WORTH)))]
    loads = [0] * len(parts)
    for partition, records in sorted(polled.items(), key=lambda item: len(item[1]), reverse=True):
        least = loads.index(min(loads))
        parts[least][partition] = records
        loads[least] += len(records)
    return parts
