"""A client that does not keep up is sent away, and hears what waits for it first."""

from ledger_service.service.listeners import Ending, Listener


def drained(listener: Listener) -> list[bytes | Ending]:
    return [listener.chunks.get_nowait() for _ in range(listener.chunks.qsize())]


def test_who_does_not_keep_up_is_sent_away() -> None:
    listener = Listener()
    for number in range(200):
        listener.tell(b"%d" % number)
    chunks = drained(listener)
    assert chunks[-1] == "too-slow"
    assert chunks[:-1] == [b"%d" % number for number in range(64)]


def test_nothing_follows_the_end() -> None:
    listener = Listener()
    listener.tell(b"last")
    listener.end("server-stops")
    assert drained(listener) == [b"last", "server-stops"]
