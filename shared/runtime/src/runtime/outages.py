"""Which errors mean that a database is away for a while, and which that it refused a value."""

import errno
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseUnreachable(ConnectionError):
    """No connection could be opened: nothing listens, the host is unknown, or no answer came in time."""


_TRANSIENT_CLASSES = ("08", "53", "57P", "58")
"""SQLSTATE prefixes: connection exception, insufficient resources, operator intervention, system error."""
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "57014", "25006"})
"""Serialization failure, deadlock, lock timeout, statement timeout, read-only during a failover."""
_REFUSED_VALUES = frozenset({"22000", "22001", "22003", "22007", "22008", "22021", "22P02", "22P05"})
_LOST_CONNECTION_WORDS = {
    "InterfaceError": ("connection is closed", "connection was closed", "connection has been released"),
    # the server has said that it ends the connection, and its end has not arrived yet
    "InternalClientError": ("another operation",),
}
"""How asyncpg says that a connection is gone where no SQLSTATE does."""
_TRANSIENT_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.EHOSTUNREACH, errno.ENETUNREACH})


def is_outage(error: BaseException) -> bool:
    """Say whether the same work may succeed later without a change: hold or answer 503, never park or answer 500.

    True for a lost, refused or timed-out connection, a server that starts or stops, an exhausted pool, too many
    connections, a full disk, a deadlock, a serialization failure and a lock or statement timeout.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_outage(inner) for inner in error.exceptions)
    return any(_is_transient(link) for link in _chain(error))


def is_refused_value(error: BaseException) -> bool:
    """Say whether the database could not take a value: too long, out of range, a character it has not."""
    return any(_sqlstate(link) in _REFUSED_VALUES for link in _chain(error))


def is_of_schema(error: BaseException) -> bool:
    """Say whether the database lacks what every such statement needs: a table, a column or a right (class 42)."""
    return any((_sqlstate(link) or "").startswith("42") for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it was raised from: SQLAlchemy and asyncpg wrap each other."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        link = pending.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        pending.append(link.__cause__)
        if isinstance(link, DBAPIError):
            pending.append(link.orig)


def _sqlstate(error: BaseException) -> str | None:
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, OSError):
        return error.errno in _TRANSIENT_ERRNOS
    state = _sqlstate(error)
    if state is not None:
        return state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT_STATES
    words = _LOST_CONNECTION_WORDS.get(type(error).__name__, ())
    return any(word in str(error) for word in words)
