"""What a client may do to the connection itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from runtime import server as server_module
from runtime.server import EmbeddedServer, bind

Address = tuple[str, int]
Token = Callable[..., str]


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[Address]:
    listener = bind("127.0.0.1", 0)
    server = EmbeddedServer(app, drain_seconds=1)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await server.is_up.wait()
    yield listener.getsockname()
    server.should_exit = True
    await serving


async def exchange(address: Address, *chunks: bytes) -> bytes:
    """Send the chunks, then read until the server hangs up."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0.01)
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


GET = b"GET /demo/healthz HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n"


async def test_an_ordinary_request(address: Address) -> None:
    answer = await exchange(address, GET + b"\r\n")
    assert status_of(answer) == 200
    assert b"\r\nserver:" not in answer


@pytest.mark.parametrize(
    "chunks",
    [
        (GET + b"x: " + b"a" * 40_000 + b"\r\n\r\n",),
        (GET + b"x: ", b"a" * 20_000, b"a" * 20_000, b"a" * 20_000),
        (GET + b"".join(b"x%d: y\r\n" % number for number in range(10_000)) + b"\r\n",),
        (b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\nhost: demo\r\n\r\n",),
    ],
    ids=["one large header", "one that never ends", "many headers", "a long URL"],
)
async def test_a_head_that_is_too_long_is_431(address: Address, chunks: tuple[bytes, ...]) -> None:
    answer = await exchange(address, *chunks)
    assert status_of(answer) == 431
    assert b"application/problem+json" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 431


async def test_a_head_just_short_enough_is_fine(address: Address) -> None:
    assert status_of(await exchange(address, GET + b"x: " + b"a" * 32_000 + b"\r\n\r\n")) == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        GET + b"bad header\r\n\r\n",
        b"POST /demo/v1/things HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /demo/v1/things HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd",
        b"POST /demo/v1/things HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_400(address: Address, request_bytes: bytes) -> None:
    answer = await exchange(address, request_bytes)
    assert status_of(answer) == 400
    assert b"application/problem+json" in answer


async def test_pipelined_requests_are_answered_in_order(address: Address) -> None:
    keep = GET.replace(b"connection: close\r\n", b"")
    answer = await exchange(address, keep + b"\r\n" + keep.replace(b"healthz", b"nowhere") + b"\r\n" + GET + b"\r\n")
    assert [answer.count(b"HTTP/1.1 %d" % code) for code in (200, 404)] == [2, 1]


async def test_a_refused_body_is_not_read_for_ever(address: Address) -> None:
    head = b"POST /demo/v1/things HTTP/1.1\r\nhost: demo\r\ncontent-length: 50000000\r\n\r\n"
    reader, writer = await asyncio.open_connection(*address)
    writer.write(head)
    assert status_of(await reader.readuntil(b"\r\n\r\n")) == 413
    with pytest.raises(ConnectionError):
        await pour(writer)
    writer.close()


async def pour(writer: asyncio.StreamWriter) -> None:
    for _ in range(500):
        writer.write(b"x" * 100_000)
        await writer.drain()


@pytest.mark.parametrize("beginning", [b"", b"GET /demo/he", GET, b"POST"])
async def test_a_client_that_takes_for_ever_is_hung_up_on(
    address: Address, beginning: bytes, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_HEAD_SECONDS", 0.2)
    monkeypatch.setattr(server_module, "_REQUEST_SECONDS", 0.2)
    if beginning == b"POST":
        half = (
            f"POST /demo/v1/things HTTP/1.1\r\nauthorization: Bearer {token('citizen')}\r\ncontent-length: 9\r\n\r\n{{"
        )
        beginning = half.encode()
    with capture_logs() as lines:
        assert await asyncio.wait_for(exchange(address, beginning), 5) == b""
    assert [line["status"] for line in lines] == [499] * len(lines)


async def test_an_idle_connection_is_kept_for_its_time(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_HEAD_SECONDS", 0.1)
    reader, writer = await asyncio.open_connection(*address)
    for _ in range(2):
        writer.write(GET.replace(b"connection: close\r\n", b"") + b"\r\n")
        assert status_of(await reader.readuntil(b"\r\n\r\n")) == 200
        await reader.readexactly(len('{"status":"alive"}'))
        await asyncio.sleep(1.3)
    writer.close()
