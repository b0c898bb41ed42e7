import errno
import socket

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runtime.database_urls import asyncpg_url
from runtime.outages import DatabaseUnreachable, is_outage, is_refused_value


def wrapped(error: Exception) -> DBAPIError:
    """The error as SQLAlchemy hands it on."""
    return DBAPIError("select 1", {}, error)


def caused(error: Exception) -> RuntimeError:
    outer = RuntimeError("while saving")
    outer.__cause__ = error
    return outer


OUTAGES = [
    ConnectionRefusedError(),
    ConnectionResetError(),
    DatabaseUnreachable("no socket"),
    TimeoutError(),
    PoolTimeout("QueuePool limit reached"),
    OSError(errno.EMFILE, "too many open files"),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.AdminShutdownError("terminating connection"),
    asyncpg.CrashShutdownError("x"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.DiskFullError("no space left on device"),
    asyncpg.OutOfMemoryError("x"),
    asyncpg.DeadlockDetectedError("x"),
    asyncpg.SerializationError("x"),
    asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
    asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    asyncpg.ReadOnlySQLTransactionError("x"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    DBAPIError("select 1", {}, Exception("x"), connection_invalidated=True),
]

FAULTS = [
    ValueError("x"),
    FileNotFoundError("no such file"),
    PermissionError("x"),
    OSError(errno.EISDIR, "x"),
    asyncpg.UniqueViolationError("x"),
    asyncpg.UndefinedColumnError("x"),
    asyncpg.InvalidPasswordError("x"),
    asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
    asyncpg.InternalClientError("x"),
    asyncpg.CharacterNotInRepertoireError("x"),
    asyncpg.DivisionByZeroError("x"),
]


@pytest.mark.parametrize("error", OUTAGES, ids=repr)
def test_what_heals_by_itself(error: Exception) -> None:
    assert is_outage(error)
    assert is_outage(wrapped(error))
    assert is_outage(caused(wrapped(error)))
    assert is_outage(ExceptionGroup("two", [error, error]))
    assert not is_refused_value(error)


@pytest.mark.parametrize("error", FAULTS, ids=repr)
def test_what_does_not(error: Exception) -> None:
    assert not is_outage(error)
    assert not is_outage(wrapped(error))
    assert not is_outage(ExceptionGroup("two", [ConnectionRefusedError(), error]))


def test_an_unknown_host_is_an_outage_once_it_came_from_the_pool() -> None:
    unreachable = DatabaseUnreachable("x")
    unreachable.__cause__ = socket.gaierror(-2, "Name or service not known")
    assert is_outage(unreachable)


def test_an_error_that_causes_itself_ends() -> None:
    error = ValueError("x")
    error.__cause__ = error
    assert not is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CharacterNotInRepertoireError("x"),
        asyncpg.NumericValueOutOfRangeError("x"),
        asyncpg.StringDataRightTruncationError("x"),
        asyncpg.DataError("invalid input for query argument $1"),
    ],
    ids=repr,
)
def test_a_value_the_database_refuses(error: Exception) -> None:
    assert is_refused_value(wrapped(error))


def test_a_bug_is_not_a_refused_value() -> None:
    assert not is_refused_value(asyncpg.DivisionByZeroError("x"))
    assert not is_refused_value(ValueError("x"))


def test_sslmode_is_what_asyncpg_calls_ssl() -> None:
    url = asyncpg_url("postgres://u:p@db/x?sslmode=require&application_name=a")
    assert url.drivername == "postgresql+asyncpg"
    assert dict(url.query) == {"ssl": "require", "application_name": "a"}
