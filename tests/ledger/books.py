"""A few complaints with every fact that ledgers tell apart, and what a slow reader would make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from contracts.events import ComplaintAssigned, ComplaintResolved
from contracts.lifecycle import EventType
from eventbus.janitor import first_id_at
from histories import OFFICER
from ledger.conftest import Headers
from ledger.eventful import Eventful

FIRST = datetime(2026, 3, 1, 1, tzinfo=UTC)
"""It is 09:00 of 1 March in Guiding."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EXPORT = {"ledger": "by-source", "format": "csv"}
TEXT = '=HYPERLINK("http://evil.test")&<游摊>'
_VERSION, _RANDOM = 0x7000_8000_0000_0000_0000, (1 << 62) - 1
_MODES = ("guidance", "on_site_rectification", "case_filed")
_SOURCES = (("resident_app", False), ("hotline", False), ("grid_patrol", True))
_CATEGORIES = ("street_order.parking", "street_order.parking.bus_lane", "facilities.lamps", None)


@dataclass(frozen=True)
class Facts:
    """What is known of one of them."""

    history: Eventful
    at: datetime
    source: str
    proactive: bool
    category: str | None
    community: str
    team: str
    status: str
    handling_mode: str | None
    on_time: bool | None

    @property
    def id(self) -> str:
        return str(self.history.id)

    def value(self, name: str) -> Any:
        return getattr(self, name)


def complaints(tenant: str, count: int = 24) -> list[Facts]:
    """Make complaints of which one is received every eight hours; each is at another point of its life."""
    return [_complaint(tenant, number) for number in range(count)]


def _complaint(tenant: str, number: int) -> Facts:
    at = FIRST + number * 8 * HOUR
    source, proactive = _SOURCES[number % 3]
    category = _CATEGORIES[number % 4]
    community, team = f"c-{number % 5}", f"team-0{number % 2 + 1}"
    history = Eventful(tenant=tenant)
    history.id = UUID(int=first_id_at(at).int | (uuid4().int & _RANDOM) | _VERSION)
    history.received(source=source, proactive=proactive, category=category, description=TEXT, received_at=at)
    history.at(at)
    status, mode, on_time = "received", None, None
    if stage := number % 6:
        promised = at + DAY
        data = ComplaintAssigned(
            team=team, team_name=f"{team} 网格队", grid=community.replace("c", "g"), community=community, round=1,
            rule="grid", promised_at=promised,
        )  # fmt: skip
        history.event(EventType.ASSIGNED, data)
        history.at(at + HOUR / 4)
        status, on_time = "assigned", False
    stood = number % 14 == 7
    if stood or number % 14 == 13:
        history.asked()
        history.at(at + HOUR if stood else promised + HOUR)
        on_time = None if stood else False
    if stage > 1:
        history.accepted()
        history.started()
        mode, late = _MODES[number % 3], number % 7 == 0
        done = ComplaintResolved(actor=OFFICER, team=team, handling_mode=mode, result="已处置")
        history.event(EventType.RESOLVED, done)
        history.at(promised + HOUR if late else promised - HOUR)
        status, on_time = "resolved", stood or not late
    if stage > 3:
        history.verified()
        history.closed()
        history.at(promised + 2 * HOUR)
        status = "closed"
    return Facts(history, at, source, proactive, category, community if stage else "", team, status, mode, on_time)


def chosen(facts: Sequence[Facts], filters: Mapping[str, Sequence[str] | bool]) -> list[str]:
    """Return the ids of those that match all filters, the newest first."""
    found = [each for each in facts if all(_matches(each, name, value) for name, value in filters.items())]
    return [each.id for each in sorted(found, key=lambda each: each.at, reverse=True)]


def _matches(facts: Facts, name: str, wanted: Sequence[str] | bool) -> bool:
    value = facts.value(name)
    if isinstance(wanted, bool):
        return value is wanted
    if name == "category":
        return any(value is not None and f"{value}.".startswith(f"{code}.") for code in wanted)
    return value in wanted


async def walked(client: httpx.AsyncClient, headers: Headers, path: str) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    items: list[dict[str, Any]] = []
    while path:
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        path = answer.links.get("next", {}).get("url", "").removeprefix("/ledger/v1")
    return items


async def asked(client: httpx.AsyncClient, headers: Headers, **changes: Any) -> str:
    """Ask for an export and return its path."""
    answer = await client.post("/exports", headers=headers, json=EXPORT | changes)
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"].removeprefix("/ledger/v1")
