"""A client that does not keep up is sent away, and hears what waits for it first."""

from ledger_service.service.listeners import Ending, Listener


async def drained(listener: Listener) -> list[bytes | Ending]:
    """Return what waits, up to the end that each of these listeners has."""
    chunks = [await listener.next()]
    while isinstance(chunks[-1], bytes):
        chunks.append(await listener.next())
    return chunks


async def test_who_does_not_keep_up_is_sent_away() -> None:
    listener = Listener()
    for number in range(200):
        listener.tell(b"%d" % number)
    chunks = await drained(listener)
    assert chunks[-1] == "too-slow"
    assert chunks[:-1] == [b"%d" % number for number in range(64)]


async def test_nothing_follows_the_end() -> None:
    listener = Listener()
    listener.tell(b"last")
    listener.end("server-stops")
    assert await drained(listener) == [b"last", "server-stops"]


async def test_what_waits_is_bounded_by_its_length_as_well() -> None:
    listener = Listener()
    listener.tell(b"x" * 3_000_000)
    listener.tell(b"y")
    assert await drained(listener) == [b"x" * 3_000_000, "too-slow"]
