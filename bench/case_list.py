"""The lists of cases with a million of them, through the real service and as bare statements on the same database.

    python -m bench.case_list [--cases 1000000] [--requests 200] [--list NAME] [--json FILE]

Making the cases takes some minutes. Each filter is asked with other values each time; service and bare statement take
turns, so that what else the machine does hits both.
"""

import argparse
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import asyncpg
import uvloop
from pydantic import SecretStr

from bench import report
from bench.http_load import Client, post
from bench.many_cases import make
from bench.platform import SECRET, TENANT, platform, token
from bench.statements import written_out
from contracts.lifecycle import Status
from dispatch_service.domain.standing import OPEN
from dispatch_service.persistence.case_lists import CaseFilter, select_page
from eventbus.janitor import first_id_at
from runtime.paging import Cursor
from runtime.settings import RuntimeSettings

PATH = "/dispatch/v1/cases"
WANTED_MS = 30.0
_CATEGORIES = ("street_order.parking", "safety.strung_wires", "illegal_building.unauthorised")
_YEARS = timedelta(days=3 * 365)
_OPEN = tuple(sorted(OPEN))
Make = Callable[[random.Random, datetime], CaseFilter]


def _of(**given: Any) -> Make:
    return lambda _draw, _now: CaseFilter(**given)


def _place(draw: random.Random) -> str:
    return f"{draw.randint(1, 15):02}"


def _box(draw: random.Random, share: float) -> tuple[float, float, float, float]:
    width, height = 0.11 * share**0.5, 0.1 * share**0.5
    west, south = 107.18 + draw.random() * (0.11 - width), 26.53 + draw.random() * (0.1 - height)
    return round(west, 6), round(south, 6), round(west + width, 6), round(south + height, 6)


def _month(draw: random.Random, now: datetime) -> CaseFilter:
    begin = now - _YEARS * draw.random()
    return CaseFilter(received_from=begin, received_to=begin + timedelta(days=30))


FILTERS: Mapping[str, Make] = {
    "newest first": _of(),
    "number": lambda draw, _: CaseFilter(number=f"GD{draw.randint(1, 1_000_000):08}"),
    "status=assigned": _of(statuses=(Status.ASSIGNED,)),
    "status=suspended": _of(statuses=(Status.SUSPENDED,)),
    "status=closed": _of(statuses=(Status.CLOSED,)),
    "open": _of(statuses=_OPEN),
    "team": lambda draw, _: CaseFilter(team=f"team-{_place(draw)}"),
    "team, open": lambda draw, _: CaseFilter(team=f"team-{_place(draw)}", statuses=_OPEN),
    "category": lambda draw, _: CaseFilter(category=draw.choice(_CATEGORIES)),
    "category that nobody uses": _of(category="no.such"),
    "source=media": _of(source="media"),
    "community": lambda draw, _: CaseFilter(community=f"community-{_place(draw)}"),
    "community, category": lambda draw, _: CaseFilter(
        community=f"community-{_place(draw)}", category=draw.choice(_CATEGORIES)
    ),
    "grid": lambda draw, _: CaseFilter(grid=f"grid-{_place(draw)}"),
    "bbox, 0.01 % of the county": lambda draw, _: CaseFilter(bbox=_box(draw, 0.0001)),
    "bbox, 1 % of the county": lambda draw, _: CaseFilter(bbox=_box(draw, 0.01)),
    "bbox, 25 % of the county": lambda draw, _: CaseFilter(bbox=_box(draw, 0.25)),
    "received in a month": _month,
    "overdue": _of(overdue=True),
    "open, overdue": _of(statuses=_OPEN, overdue=True),
    "escalation=80": _of(escalation="80"),
    "supervision=open": _of(supervision="open"),
    "escalation=200, team": lambda draw, _: CaseFilter(escalation="200", team=f"team-{_place(draw)}"),
    "light=yellow, open": _of(statuses=_OPEN, light="yellow"),
    "updated in the last minute": lambda _, now: CaseFilter(updated_after=now - timedelta(minutes=1)),
    "updated in the last day": lambda _, now: CaseFilter(updated_after=now - timedelta(days=1)),
    "sort=deadline, open": _of(sort="deadline", statuses=_OPEN),
    "sort=deadline, team, open": lambda draw, _: CaseFilter(
        sort="deadline", team=f"team-{_place(draw)}", statuses=_OPEN
    ),
    "sort=distance, team": lambda draw, _: CaseFilter(
        sort="distance", team=f"team-{_place(draw)}", statuses=_OPEN, near=(107.23, 26.58)
    ),
    "sort=distance": _of(sort="distance", statuses=_OPEN, near=(107.23, 26.58)),
}
DEEP = "newest first, deep cursor"


def query_of(wanted: CaseFilter) -> str:
    """Return the query string that asks for it."""
    pairs: list[tuple[str, str]] = [("status", status.value) for status in wanted.statuses]
    for name in ("number", "team", "grid", "community", "category", "source", "light", "escalation"):
        pairs += [(name, value)] if (value := getattr(wanted, name)) is not None else []
    for name in ("bbox", "near"):
        pairs += [(name, ",".join(map(str, value)))] if (value := getattr(wanted, name)) is not None else []
    for name in ("updated_after", "received_from", "received_to"):
        pairs += [(name, value.isoformat())] if (value := getattr(wanted, name)) is not None else []
    pairs += [("overdue", "true")] if wanted.overdue else []
    return urlencode([*pairs, ("sort", wanted.sort)], quote_via=quote)


class Bare:
    """The same statements on one connection, without service and JSON."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def seconds(self, wanted: CaseFilter, after: Any = None) -> float:
        """Run the statement of a page of 50 and return how long it took."""
        statement = select_page(TENANT, wanted, after=after, size=51).params(at=datetime.now(UTC))
        text, parameters = written_out(statement)
        begun = time.perf_counter()
        await self._connection.fetch(text, *parameters)
        return time.perf_counter() - begun


async def main() -> None:
    """Make the cases, ask for the lists, print the table."""
    options = _options()
    async with platform() as running:
        connection = await asyncpg.connect(running.url("dispatch"))
        begun = time.perf_counter()
        await make(connection, TENANT, options.cases)
        print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
        service = await running.serve("dispatch", "api")
        client, bare = await Client.connect(service.port), Bare(connection)
        rows = [await _measure(name, client, bare, options.requests) for name in options.list or FILTERS]
        rows.append(await _deep(client, bare, options.requests))
        await connection.close()
    report.show(f"Lists of {options.cases:,} cases, pages of 50, ms (wanted: p95 of at most {WANTED_MS:.0f})", rows)
    report.write("case-list", {"cases": options.cases, "rows": rows}, options.json)


async def _measure(name: str, client: Client, bare: Bare, count: int) -> report.Row:
    draw = random.Random(name)
    served, alone = [], []
    for number in range(count + 5):  # the first ones warm up
        wanted = FILTERS[name](draw, datetime.now(UTC))
        seconds = await _ask(client, f"{PATH}?{query_of(wanted)}")
        bare_seconds = await bare.seconds(wanted)
        if number >= 5:
            served.append(seconds)
            alone.append(bare_seconds)
    return _row(name, served, alone)


async def _deep(client: Client, bare: Bare, count: int) -> report.Row:
    """Ask for pages anywhere in the list, as somebody does who reads on and on."""
    draw, wanted = random.Random(DEEP), CaseFilter()
    key = RuntimeSettings(token_secret=SecretStr(SECRET)).cursor_key()
    served, alone = [], []
    for _ in range(count):
        last = first_id_at(datetime.now(UTC) - _YEARS * draw.random())
        cursor = Cursor((str(last), None)).encode(key, tenant=TENANT, filters={"list": "cases", **asdict(wanted)})
        served.append(await _ask(client, f"{PATH}?cursor={cursor}"))
        alone.append(await bare.seconds(wanted, (None, last)))
    return _row(DEEP, served, alone)


async def _ask(client: Client, path: str) -> float:
    request = post(path, b"", {"Authorization": f"Bearer {token('dispatcher')}"}, method="GET")
    begun = time.perf_counter()
    status, body = await client.send(request)
    seconds = time.perf_counter() - begun
    if status != 200:
        raise SystemExit(f"{path} was answered with {status}: {body[:500]!r}")
    return seconds


def _row(name: str, served: list[float], alone: list[float]) -> report.Row:
    return {"list": name, **report.beside(served, alone, WANTED_MS)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200, help="of each list")
    parser.add_argument("--list", action="append", choices=FILTERS, help="only this one; may be repeated")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
