"""The lists and the full text of a million complaints, through the real service and as bare statements.

    python -m bench.complaint_list [--complaints 1000000] [--requests 200] [--list NAME] [--json FILE]

Making the complaints and reading their words takes some minutes; the words are read by the service's own reader,
without its rests. Each filter is asked with other values each time; service and bare statements take turns on one
database, so that what else the machine does hits both. The bare twin of a search is all its steps.
"""

import argparse
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import uvloop
from pydantic import SecretStr

from bench import report
from bench.http_load import Client, post
from bench.listed_complaints import make, settle
from bench.platform import SECRET, TENANT, Platform, platform, token
from contracts.roles import Role
from eventbus.janitor import first_id_at
from intake_service.api.filter_fields import FilterFields
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.service import reading
from intake_service.service.listing import Listing, listing_engine
from runtime.auth import Caller
from runtime.database import create_engine
from runtime.paging import Cursor
from runtime.settings import RuntimeSettings

PATH = "/intake/v1/complaints"
WANTED_MS = 30.0
_YEARS = timedelta(days=3 * 365)
_CALLER = Caller("bench", TENANT, frozenset({Role.OPERATOR}))
Ask = dict[str, Any]
Make = Callable[[random.Random, datetime], Ask]


def _of(**given: Any) -> Make:
    return lambda _draw, _now: given


def _place(draw: random.Random) -> str:
    return f"community-{draw.randint(1, 15):02}"


def _box(draw: random.Random, share: float) -> str:
    width, height = 0.11 * share**0.5, 0.1 * share**0.5
    west, south = 107.18 + draw.random() * (0.11 - width), 26.53 + draw.random() * (0.1 - height)
    return f"{west:.6f},{south:.6f},{west + width:.6f},{south + height:.6f}"


def _month(draw: random.Random, now: datetime) -> Ask:
    begin = now - _YEARS * draw.random()
    return {"received_from": begin, "received_to": begin + timedelta(days=30)}


def _near(draw: random.Random, _now: datetime) -> Ask:
    return {"near": f"{107.19 + draw.random() * 0.09:.6f},{26.54 + draw.random() * 0.08:.6f}", "radius": 200}


def _with_place(**given: Any) -> Make:
    return lambda draw, _now: {"community": _place(draw), **given}


LISTS: Mapping[str, Make] = {
    "newest first": _of(),
    "oldest first": _of(sort="oldest"),
    "open": _of(status="open"),
    "status=suspended": _of(status="suspended"),
    "status=withdrawn": _of(status="withdrawn"),
    "status=voided, of which there are none": _of(status="voided"),
    "status=assigned or closed": _of(status=["assigned", "closed"]),
    "status=closed, community": _with_place(status="closed"),
    "category, rare": _of(category="facilities.covers"),
    "category with all below it": _of(category="street_order"),
    "category that nobody uses": _of(category="no.such"),
    "community": _with_place(),
    "community, category": _with_place(category="noise.construction"),
    "three communities": lambda draw, _: {"community": [_place(draw) for _ in range(3)]},
    "community, month": lambda draw, now: {"community": _place(draw), **_month(draw, now)},
    "source": _of(source="media"),
    "source that nobody uses": _of(source="no"),
    "kind that nobody uses": _of(kind="help"),
    "anonymous": _of(anonymous="true"),
    "with attachments, of which there are none": _of(has_attachments="true"),
    "bbox, 0.01 % of the county": lambda draw, _: {"bbox": _box(draw, 0.0001)},
    "bbox, 1 % of the county": lambda draw, _: {"bbox": _box(draw, 0.01)},
    "bbox, 25 % of the county": lambda draw, _: {"bbox": _box(draw, 0.25)},
    "near, 200 m": _near,
    "received in a month": _month,
    "updated in the last minute": lambda _, now: {"updated_after": now - timedelta(minutes=1)},
    "updated in the last day": lambda _, now: {"updated_after": now - timedelta(days=1)},
    "changes one after the other, from a year ago": lambda _, now: {
        "updated_after": now - timedelta(days=365),
        "sort": "updated_oldest",
    },
    "last changed first": _of(sort="updated_newest"),
    "q: common word of 2 characters": _of(q="小区"),
    "q: common character": _of(q="路"),
    "q: word of one category": _of(q="油烟"),
    "q: rare word": _of(q="幼儿园"),
    "q: word that nobody uses": _of(q="飞碟"),
    "q: English word, 1 in 200": _of(q="parking"),
    "q: phrase": _of(q='"人行道和盲道"'),
    "q: two common words that never meet": _of(q="小区 油烟"),
    "q: a word without another that is always there": _of(q="小区 -盲道"),
    "q: common word, of a category that never has it": _of(q="油烟", category="street_order.parking"),
    "q: common word, community": _with_place(q="小区"),
    "q: rare word, community": _with_place(q="幼儿园"),
    "q: common word, status=suspended": _of(q="小区", status="suspended"),
    "q: common word, status=withdrawn": _of(q="小区", status="withdrawn"),
    "q: common word, small bbox": lambda draw, _: {"q": "小区", "bbox": _box(draw, 0.0001)},
    "q: word, in a month": lambda draw, now: {"q": "油烟", **_month(draw, now)},
    "q: address": lambda draw, _: {"q": f"福来社区{draw.randint(100, 399)}号"},
    "q: number of a house": lambda draw, _: {"q": f"{draw.randint(100, 399)}号"},
    "q: number": lambda draw, _: {"q": f"{draw.randint(1, 200_000):07}"},
}
DEEP = {"newest first, deep cursor": {}, "q: rare word, deep cursor": {"q": "幼儿园"}}


async def main() -> None:
    """Make the complaints, ask for the lists, print the tables."""
    options = _options()
    async with platform() as running:
        making = await _make(running, options.complaints)
        lists = listing_engine(_settings(running))
        service = await running.serve("intake", "api")
        client, bare = await Client.connect(service.port), Listing(lists)
        rows = [await _measure(name, client, bare, options.requests) for name in options.list or LISTS]
        if not options.list:
            rows += [await _deep(name, client, bare, options.requests) for name in DEEP]
        await lists.dispose()
    report.show("Words", [making])
    title = f"Lists of {options.complaints:,} complaints, pages of 50, ms (wanted: p95 of at most {WANTED_MS:.0f})"
    report.show(title, rows)
    report.write("complaint-list", {"complaints": options.complaints, "words": making, "rows": rows}, options.json)


def _settings(running: Platform) -> RuntimeSettings:
    return RuntimeSettings(intake_database_url=running.url("intake"), token_secret=SecretStr(SECRET), tenant=TENANT)


async def _make(running: Platform, count: int) -> report.Row:
    connection = await asyncpg.connect(running.url("intake"))
    begun = time.perf_counter()
    await make(connection, TENANT, count)
    made = time.perf_counter() - begun
    engine = create_engine(running.url("intake"), pool_size=1, application_name="bench")
    reading.REST = 0.0
    begun = time.perf_counter()
    reader = reading.Reader(engine)
    while await reader.work():
        pass
    read = time.perf_counter() - begun
    await engine.dispose()
    await settle(connection)
    sizes = [await connection.fetchval(f"SELECT pg_table_size('{name}')") for name in ("complaint", "complaint_text")]
    index = await connection.fetchval("SELECT pg_relation_size('complaint_text_words')")
    await connection.close()
    return {
        "complaints": count,
        "s to make": made,
        "read/s": count / read,
        "MB of complaints": sizes[0] / 1e6,
        "MB of words": sizes[1] / 1e6,
        "MB of their index": index / 1e6,
    }


async def _measure(name: str, client: Client, bare: Listing, count: int) -> report.Row:
    draw = random.Random(name)
    served, alone = [], []
    for number in range(count + 5):  # the first ones warm up
        ask = LISTS[name](draw, datetime.now(UTC))
        seconds = await _ask(client, ask)
        bare_seconds = await _bare(bare, ask)
        if number >= 5:
            served.append(seconds)
            alone.append(bare_seconds)
    return {"list": name, **report.beside(served, alone, WANTED_MS)}


async def _deep(name: str, client: Client, bare: Listing, count: int) -> report.Row:
    """Ask for pages anywhere in a list, as somebody does who reads on and on."""
    draw, ask = random.Random(name), DEEP[name]
    key = RuntimeSettings(token_secret=SecretStr(SECRET)).cursor_key()
    filters = {"list": "complaints", "caller": "operator-bench", **asdict(_wanted(ask))}
    served, alone = [], []
    for _ in range(count):
        last = first_id_at(datetime.now(UTC) - _YEARS * draw.random())
        cursor = Cursor((None, str(last))).encode(key, tenant=TENANT, filters=filters)
        served.append(await _ask(client, {**ask, "cursor": cursor}))
        alone.append(await _bare(bare, ask, last))
    return {"list": name, **report.beside(served, alone, WANTED_MS)}


async def _bare(bare: Listing, ask: Ask, before: UUID | None = None) -> float:
    wanted = _wanted(ask)
    begun = time.perf_counter()
    await bare.page(_CALLER, wanted, phone=None, after=None if before is None else (None, before), size=51)
    return time.perf_counter() - begun


def _wanted(ask: Ask) -> ComplaintFilter:
    """Return what the service makes of a query."""
    of_many = ("status", "category", "source", "kind", "community")
    given = {name: [value] if name in of_many and isinstance(value, str) else value for name, value in ask.items()}
    return FilterFields.model_validate(given).wanted()


async def _ask(client: Client, ask: Ask) -> float:
    path = f"{PATH}?{urlencode(ask, doseq=True)}"
    request = post(path, b"", {"Authorization": f"Bearer {token('operator')}"}, method="GET")
    begun = time.perf_counter()
    status, body = await client.send(request)
    seconds = time.perf_counter() - begun
    if status != 200:
        raise SystemExit(f"{path} was answered with {status}: {body[:500]!r}")
    return seconds


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--complaints", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200, help="of each list")
    parser.add_argument("--list", action="append", choices=LISTS, help="only this one; may be repeated")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
