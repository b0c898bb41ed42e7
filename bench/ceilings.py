"""What plain code reaches: two HTTP handlers without Jieban, as a program of its own.

    python -m bench.ceilings PORT DATABASE_URL

`/nothing` validates the same body as intake and stores nothing. `/two-rows` writes a complaint and an outbox row in one
statement through asyncpg, a transaction each, and answers 201 when it is committed.
"""

import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

_TABLES = """
CREATE TABLE IF NOT EXISTS plain_complaint (id uuid PRIMARY KEY, source text NOT NULL, category text,
    description text NOT NULL, lon float8, lat float8, address text, received_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS plain_outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL,
    topic text NOT NULL, key text NOT NULL, payload text NOT NULL);
"""
_TWO_ROWS = """
WITH stored AS (INSERT INTO plain_complaint VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id)
INSERT INTO plain_outbox (id, topic, key, payload) SELECT $9, 'complaint.lifecycle.v1', id::text, $10 FROM stored
"""


class PlainLocation(BaseModel):
    """Where."""

    lon: float | None = None
    lat: float | None = None
    crs: str = "WGS84"
    address: str | None = None


class PlainComplaint(BaseModel):
    """What intake's body holds, with no rules."""

    source: str
    category: str | None = None
    description: str
    location: PlainLocation
    external_ref: str | None = None


def create_app(database_url: str) -> FastAPI:
    """Return the two handlers on a pool of ten connections."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(database_url, min_size=10, max_size=10) as pool:
            await pool.execute(_TABLES)
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/nothing", status_code=201)
    async def nothing(body: PlainComplaint) -> dict[str, str]:
        return {"id": str(uuid.uuid4()), "status": "received", "source": body.source}

    @app.post("/two-rows", status_code=201)
    async def two_rows(body: PlainComplaint, request: Request) -> dict[str, str]:
        complaint_id, place = uuid.uuid4(), body.location
        await request.app.state.pool.execute(
            _TWO_ROWS,
            complaint_id,
            body.source,
            body.category,
            body.description,
            place.lon,
            place.lat,
            place.address,
            datetime.now(UTC),
            uuid.uuid4(),
            body.model_dump_json(),
        )
        return {"id": str(complaint_id), "status": "received", "source": body.source}

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
