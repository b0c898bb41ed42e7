"""Complaints that were promised for a day later: some kept, some late, some rated."""

from datetime import datetime, timedelta
from typing import Any

from contracts.events import Satisfaction
from histories import BEGIN
from ledger.eventful import Eventful

HOUR = timedelta(hours=1)


def promised_life(
    tenant: str, team: str, *, hours: float, at: datetime = BEGIN, word: Satisfaction | None = None, **facts: Any
) -> Eventful:
    """Return a complaint that was promised for a day later and resolved and closed after `hours`."""
    life = Eventful(tenant=tenant)
    life.received(**{"received_at": at, "category": "street_order.parking", **facts})
    life.at(at)
    life.promised(at + 24 * HOUR, team=team)
    life.at(at + HOUR / 6)
    life.accepted()
    life.at(at + HOUR / 4)
    life.started()
    life.resolved(f"officer-{team}")
    life.at(at + hours * HOUR)
    life.verified()
    life.closed()
    life.at(at + hours * HOUR + HOUR / 2)
    if word is not None:
        life.rated(word, solved=word != "dissatisfied")
        life.at(at + hours * HOUR + HOUR)
    return life
