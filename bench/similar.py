"""Similar complaints in a table of a million, through the real service and as the bare statement on the same database.

    python -m bench.similar [--rows 1000000] [--requests 300] [--json FILE]

The complaints are made: 400 places of a county, 24 problems, in many wordings, over a year. Service and bare statement
take turns, so that what else the machine does hits both; the statement is the one that finds what is then compared.
"""

import argparse
import json
import random
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import report
from bench.http_load import Client, post
from bench.many_complaints import draw, make
from bench.platform import SECRET, TENANT, platform
from intake_service.domain.likeness import said
from intake_service.persistence.likeness import ALIKE, parameters_of
from intake_service.service.similar import SimilarComplaints, Wanted
from runtime.auth import issue_token
from runtime.database import create_engine, reading

WANTED_MS = 50.0
Question = Callable[[], Awaitable[tuple[float, Wanted]]]


async def main() -> None:
    """Make the complaints, ask, print the tables."""
    options = _options()
    async with platform() as running:
        connection = await asyncpg.connect(running.url("intake"))
        begun = time.perf_counter()
        ids = await make(connection, TENANT, options.rows)
        print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
        service = await running.serve("intake", "api")
        engine = reading(create_engine(running.url("intake"), pool_size=1, pool_timeout=30, application_name="bench"))
        asking = Asking(await Client.connect(service.port), connection, engine, ids)
        rows = [
            await asking.measure("like a complaint, for staff", asking.staff, options.requests),
            await asking.measure("before filing, with a point", asking.with_a_point, options.requests),
            await asking.measure("before filing, an address alone", asking.with_an_address, options.requests),
        ]
        sizes = [{"relation": each["name"], "MB": each["bytes"] / 1e6} for each in await connection.fetch(_SIZES)]
        await engine.dispose()
        await connection.close()
    report.show(f"Similar among {options.rows:,} complaints, ms (wanted: p95 of at most {WANTED_MS:.0f})", rows)
    report.show("On disk", sizes)
    report.write("similar", {"complaints": options.rows, "rows": rows, "sizes": sizes}, options.json)


_SIZES = """
    SELECT relname AS name, pg_relation_size(oid) AS bytes FROM pg_class
    WHERE relname LIKE 'complaint_likeness%' OR relname = 'complaint' ORDER BY relname
"""


class Asking:
    """Asks the service, and the database alone."""

    def __init__(self, client: Client, connection: Any, engine: AsyncEngine, ids: list[UUID]) -> None:
        self._client = client
        self._connection = connection
        self._engine = engine
        self._similar = SimilarComplaints(engine)
        self._ids = ids
        self._chance = random.Random(7)

    async def measure(self, name: str, question: Question, count: int) -> report.Row:
        """Ask so many times, in turns with the bare statement."""
        served, alone = [], []
        for number in range(count + 5):  # the first ones warm up
            seconds, wanted = await question()
            bare_seconds = await self._bare(wanted)
            if number >= 5:
                served.append(seconds)
                alone.append(bare_seconds)
        return {"asked": name, **report.beside(served, alone, WANTED_MS)}

    async def staff(self) -> tuple[float, Wanted]:
        """Ask what is like a complaint of the last month."""
        complaint = self._chance.choice(self._ids[-max(1, len(self._ids) // 12) :])
        query = "SELECT description, address, lon, lat FROM complaint WHERE id = $1"
        row = await self._connection.fetchrow(query, complaint)
        seconds = await self._send("GET", f"/intake/v1/complaints/{complaint}/similar", b"", "operator")
        return seconds, self._wanted(said(row["description"], row["address"]), row["lon"], row["lat"], 90, 500)

    async def with_a_point(self) -> tuple[float, Wanted]:
        """Ask whether something has been reported."""
        drawn = draw(self._chance)
        body = {"description": drawn.text, "location": {"lon": drawn.lon, "lat": drawn.lat}}
        return await self._file(body), self._wanted(drawn.text, drawn.lon, drawn.lat, 60, 300)

    async def with_an_address(self) -> tuple[float, Wanted]:
        """Ask where only an address is known, so that words alone decide."""
        drawn = draw(self._chance)
        body = {"description": drawn.text, "location": {"address": drawn.address}}
        return await self._file(body), self._wanted(said(drawn.text, drawn.address), None, None, 60, 300)

    def _wanted(self, text: str, lon: float | None, lat: float | None, days: int, radius: float) -> Wanted:
        return Wanted(TENANT, text, lon=lon, lat=lat, days=days, radius=radius, least=0.05, limit=10)

    async def _file(self, body: dict[str, Any]) -> float:
        return await self._send("POST", "/intake/v1/similar", json.dumps(body).encode(), "citizen")

    async def _send(self, method: str, path: str, body: bytes, role: str) -> float:
        subject = f"{role}-{self._chance.random()}"  # nobody may ask so often
        headers = {"Authorization": f"Bearer {issue_token(SECRET, subject, TENANT, [role], timedelta(hours=1))}"}
        begun = time.perf_counter()
        status, answer = await self._client.send(post(path, body, headers, method))
        seconds = time.perf_counter() - begun
        if status != 200:
            raise SystemExit(f"{path} was answered with {status}: {answer[:500]!r}")
        return seconds

    async def _bare(self, wanted: Wanted) -> float:
        async with self._engine.connect() as connection:
            _, search = await self._similar.plan(connection, wanted)
            begun = time.perf_counter()
            await ALIKE.fetch(connection, parameters_of(search), transaction=False)
            return time.perf_counter() - begun


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=300, help="of each kind")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
