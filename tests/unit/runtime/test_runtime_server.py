"""What a client may do to the connection itself."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from runtime import server as server_module
from runtime.server import EmbeddedServer, bind

Address = tuple[str, int]
Token = Callable[..., str]


@asynccontextmanager
async def serving(app: ASGIApp, trusted_proxies: str = "") -> AsyncIterator[Address]:
    listener = bind("127.0.0.1", 0)
    server = EmbeddedServer(app, drain_seconds=1, trusted_proxies=trusted_proxies)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.is_up.wait()
    yield listener.getsockname()
    server.should_exit = True
    await task


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[Address]:
    async with serving(app) as address:
        yield address


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
    ("trusted", "claimed", "client"),
    [
        ("", b"203.0.113.7", b"127.0.0.1"),
        ("10.0.0.0/8", b"203.0.113.7", b"127.0.0.1"),
        ("10.0.0.0/8, 127.0.0.1", b"203.0.113.7", b"203.0.113.7"),
        ("10.0.0.0/8,127.0.0.1", b"198.51.100.1, 203.0.113.7, 10.1.2.3", b"203.0.113.7"),
    ],
    ids=["from nobody", "not from a stranger", "from a gateway", "the last that no gateway is"],
)
async def test_who_calls_is_taken_from_trusted_gateways_alone(trusted: str, claimed: bytes, client: bytes) -> None:
    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})

    async with serving(app, trusted) as address:
        answer = await exchange(address, GET + b"x-forwarded-for: " + claimed + b"\r\n\r\n")
    assert client in answer.partition(b"\r\n\r\n")[2]


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


async def test_who_sends_all_of_a_refused_body_before_reading_is_still_answered(address: Address) -> None:
    head = b"POST /demo/v1/things HTTP/1.1\r\nhost: demo\r\ncontent-length: 20000000\r\n\r\n"
    assert status_of(await asyncio.to_thread(send_then_read, address, head + b"x" * 20_000_000)) == 413


def send_then_read(address: Address, request: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


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


@pytest.mark.parametrize("takes", [False, True])
async def test_who_takes_nothing_of_an_answer_is_hung_up_on(takes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is slow, but takes some of it, gets the rest."""
    monkeypatch.setattr(server_module, "_TAKING_SECONDS", 1.0)
    sent = 0

    async def pouring(_scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.create_task(_gone(receive))
        while not gone.done():
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            sent += 1
        ended.set()

    ended = asyncio.Event()
    async with serving(pouring) as address:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
            client.connect(address)
            client.sendall(GET + b"\r\n")
            client.setblocking(False)
            if not takes:
                await asyncio.wait_for(ended.wait(), 10)
            for _ in range(30 if takes else 0):
                await asyncio.sleep(0.1)
                await asyncio.get_running_loop().sock_recv(client, 1_000_000)
            assert ended.is_set() is not takes
    assert sent > 0


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
