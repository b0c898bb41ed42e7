"""A small service around the runtime: one route of each kind."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field, field_validator

from runtime.access_log import access_log
from runtime.auth import Caller, TokenVerifier, issue_token, public, require
from runtime.etag import IfMatch, check
from runtime.health import Readiness
from runtime.http import create_app
from runtime.idempotency import AlreadyAnswered, IdempotencyKey, StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.settings import RuntimeSettings
from runtime.types import FiniteFloat, Instant, Integer

SECRET = "3f9c1d7be05a4826a7c35d9e1f0b64823f9c1d7be05a4826a7c35d9e1f0b6483"
TENANT = "522723"

Token = Callable[..., str]


class Place(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)]


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    place: Place
    title: Annotated[str, Field(min_length=1, max_length=20)] = "x"
    count: Integer = 0
    at: Instant | None = None
    tags: list[str] = []

    @field_validator("title")
    @classmethod
    def no_shouting(cls, title: str) -> str:
        if title.isupper():
            raise ValueError("capital letters only")
        return title


class Note(BaseModel):
    text: str


def _things() -> APIRouter:
    router = APIRouter(prefix="/demo/v1")

    @router.post("/things", status_code=201)
    async def create(
        thing: Thing, caller: Annotated[Caller, Depends(require("citizen"))], key: IdempotencyKey
    ) -> dict[str, Any]:
        return {"subject": caller.subject, "key": key, "thing": thing.model_dump(mode="json")}

    @router.get("/things", dependencies=[Depends(public)])
    async def listed(limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None) -> dict[str, Any]:
        return {"limit": limit, "cursor": cursor}

    @router.post("/things/{number}/closing", dependencies=[Depends(require("officer", "supervisor"))])
    async def close(number: int, if_match: IfMatch, note: Note | None = None) -> dict[str, Any]:
        check(if_match, 3)
        return {"number": number, "note": note.text if note else None}

    return router


def _troubles() -> APIRouter:
    router = APIRouter(prefix="/demo/v1/troubles", dependencies=[Depends(public)])

    @router.get("/bug")
    async def bug() -> None:
        raise RuntimeError("the caller's phone is 13812345678")

    @router.get("/outage")
    async def outage() -> None:
        raise ConnectionRefusedError("connection refused")

    @router.get("/twin")
    async def twin() -> None:
        raise AlreadyAnswered(StoredAnswer(201, '{"id":"1"}', {"Location": "/demo/v1/things/1"}))

    return router


@pytest.fixture
def settings() -> RuntimeSettings:
    return RuntimeSettings(token_secret=SECRET, max_body_bytes=200_000)


@pytest.fixture
def verifier(settings: RuntimeSettings) -> TokenVerifier:
    return TokenVerifier(settings)


@pytest.fixture
def token() -> Token:
    """Make a token: `token("citizen", subject="me")`."""

    def make(*roles: str, subject: str = "someone", ttl: timedelta = timedelta(hours=1)) -> str:
        return issue_token(SECRET, subject, TENANT, roles, ttl)

    return make


@pytest.fixture
def app(settings: RuntimeSettings, verifier: TokenVerifier) -> FastAPI:
    async def well() -> None:
        return None

    app = create_app(
        title="Demo",
        version="1",
        prefix="/demo",
        settings=settings,
        verifier=verifier,
        readiness=Readiness({"database": well}, frozenset({"database"})),
    )
    app.include_router(_things())
    app.include_router(_troubles())
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        yield client


@pytest.fixture
def citizen(token: Token) -> dict[str, str]:
    return {"authorization": f"Bearer {token('citizen', subject='me')}", "content-type": "application/json"}


@pytest.fixture
def untouched_logging() -> Iterator[None]:
    """Put global logging back as it was."""
    root = logging.getLogger()
    handlers, level, is_on, write = root.handlers[:], root.level, access_log.is_on, access_log.write
    yield
    root.handlers[:], access_log.is_on, access_log.write = handlers, is_on, write
    root.setLevel(level)
    structlog.reset_defaults()
