"""What the load makes of answers that no service of ours should give, and of none at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaos import journal
from chaos.journal import Journal
from chaos.load import Stats, WrongAnswer, asking, replicas
from chaos.load.asking import Asking, Person, Request
from jieban.embedded.ports import choose_port

Answers = Callable[[int], bytes | None]
"""From the number of a request to the answer; None: hang up."""
CREATE = Request(Person("citizen", "citizen-1"), "intake", "/intake/v1/complaints", "create", {}, "key-1")
ID = b'{"id": "c-1"}'


def answer(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def server(answers: Answers) -> AsyncIterator[str]:
    """A server that answers what it is told to."""
    number = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number
        try:
            while (await reader.readuntil(b"\r\n\r\n")) and (await reader.readexactly(2)):
                number += 1
                if (text := answers(number)) is None:
                    break
                writer.write(text)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    port = choose_port()
    async with await asyncio.start_server(handle, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def client(path: Path, *urls: str) -> AsyncIterator[tuple[Asking, Stats]]:
    stats = Stats()
    with Journal(path) as lines:
        everybody = Asking({"intake": urls}, lines, stats, secret="a secret of at least 32 characters", tenant="t")
        yield everybody, stats
        everybody.close()


def verdicts(path: Path) -> list[tuple[str, str, int | None]]:
    return [(op.key, op.verdict, op.status) for op in journal.read(path)]


async def test_it_repeats_at_the_next_replica_until_the_outcome_is_known(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    busy, fine = answer("503 Service Unavailable", b"{}", "Retry-After: 1"), answer("201 Created", ID)
    async with (
        server(lambda _: None) as broken,
        server(lambda n: busy if n == 1 else fine) as other,
        client(path, broken, other) as (everybody, stats),
    ):
        last = await everybody.ask(CREATE)
    assert last is not None
    assert (last.status, last.body) == (201, ID)
    assert verdicts(path) == [
        ("key-1", "unknown", None),
        ("key-1", "unknown", 503),
        ("key-1", "unknown", None),
        ("key-1", "acknowledged", 201),
    ]
    assert journal.read(path)[-1].complaint == "c-1"
    assert stats.wrong == []


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable", "502 Bad Gateway"])
async def test_a_5xx_other_than_503_with_retry_after_is_a_wrong_answer(tmp_path: Path, status: str) -> None:
    texts = [answer(status, b"what happened"), answer("201 Created", ID)]
    async with server(lambda n: texts[n - 1]) as url, client(tmp_path / "journal", url) as (everybody, stats):
        await everybody.ask(CREATE)
    assert stats.wrong == [WrongAnswer("POST", "/intake/v1/complaints", int(status[:3]), "what happened")]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_repeat_that_is_answered_otherwise_is_a_wrong_answer(tmp_path: Path, at_once: bool) -> None:
    texts = [answer("201 Created", ID), answer("201 Created", b'{"id": "c-2"}')]
    async with server(lambda n: texts[n - 1]) as url, client(tmp_path / "journal", url) as (everybody, stats):
        await everybody.ask_twice(CREATE, 0, at_once=at_once)
    assert [wrong.body for wrong in stats.wrong] == ["a repeat is answered otherwise than at first (201)"]


async def test_a_hang_is_a_wrong_answer_and_nobody_knows_the_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "HANG_SECONDS", 0.2)
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.0)
    path = tmp_path / "journal"
    async with server(lambda _: b"") as url, client(path, url) as (everybody, stats):
        assert await everybody.ask(CREATE) is None
    assert stats.wrong == [WrongAnswer("POST", "/intake/v1/complaints", None, "no answer")]
    assert verdicts(path) == [("key-1", "unknown", None)]


async def test_who_hangs_up_does_not_know_the_outcome(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    async with server(lambda _: answer("201 Created", ID)) as url, client(path, url) as (everybody, stats):
        await everybody.abandon(CREATE, 0, 0.01)
        assert verdicts(path) == [("key-1", "unknown", None)]
        await everybody.ask(CREATE)
    assert verdicts(path)[1] == ("key-1", "acknowledged", 201)
    assert stats.answers == {"create hung up": 1, "create 201": 1}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("200 OK", "acknowledged"), ("409 Conflict", "refused"), ("202 Accepted", "unknown"), ("429 Busy", "unknown")],
)
async def test_what_a_client_knows_after_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, verdict: str
) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.0)
    request = Request(CREATE.who, "intake", "/intake/v1/complaints/c-1/withdrawal", "withdraw", {}, "key-2", "c-1")
    async with server(lambda _: answer(status)) as url, client(tmp_path / "journal", url) as (everybody, _):
        await everybody.ask(request)
    assert verdicts(tmp_path / "journal") == [("key-2", verdict, int(status[:3]))]
