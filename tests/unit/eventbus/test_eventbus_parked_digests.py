"""Parked messages of the release before have digests too: those that were there, and those that it parks meanwhile."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.parking import Message, Misfit, pack_headers, park
from runtime.database import check, create_engine, run_migrations
from stack import MakeDatabase

_BEFORE = {"intake": "0047", "dispatch": "0044", "ledger": "0034"}
_AS_BEFORE = """
    DROP TRIGGER fill_parked_digest ON parked_message;
    DROP FUNCTION fill_parked_digest();
    ALTER TABLE parked_message DROP COLUMN digest;
    ALTER TABLE parked_message ADD CONSTRAINT parked_message_once UNIQUE (consumer, topic, partition, "offset");
"""
_PARK_BEFORE = sa.text("""
    INSERT INTO parked_message (consumer, topic, partition, "offset", key, headers, value, error_class, error)
    VALUES (:consumer, :topic, :partition, :offset, :key, :headers, :value, :error_class, :error)
    ON CONFLICT ON CONSTRAINT parked_message_once DO UPDATE SET attempts = parked_message.attempts + 1
""")
_CONSUMER, _ERROR = "reader", ValueError("not like this")
_FOUND = sa.text("""SELECT key, "offset", attempts, digest FROM parked_message ORDER BY id""")


def _message(offset: int, value: bytes | None = b"{", key: bytes = b"key") -> Message:
    return Message("topic", 3, offset, key, [("one", b"1"), ("none", None)], value)


async def _park_as_before(engine: AsyncEngine, message: Message) -> None:
    row = {"topic": message.topic, "partition": message.partition, "offset": message.offset, "key": message.key}
    row |= {"consumer": _CONSUMER, "headers": pack_headers(message.headers), "value": message.value}
    async with engine.begin() as connection:
        await connection.execute(_PARK_BEFORE, {**row, "error_class": "ValueError", "error": "not like this"})


async def _park(engine: AsyncEngine, message: Message) -> None:
    async with engine.begin() as connection:
        await park(connection, _CONSUMER, [Misfit(message, _ERROR)])


async def _parked(engine: AsyncEngine) -> list[tuple[bytes, int, int]]:
    async with engine.connect() as connection:
        return [(row.digest, row.offset, row.attempts) for row in await connection.execute(_FOUND)]


@pytest.mark.parametrize("service", _BEFORE)
async def test_what_is_parked_at_the_upgrade_and_by_older_replicas_is_told_apart_as_well(
    databases: MakeDatabase, service: str
) -> None:
    package, url = f"{service}_service", await databases()
    await asyncio.to_thread(run_migrations, package, url)
    engine = create_engine(url, application_name="reader")
    async with engine.begin() as connection:
        for statement in filter(str.strip, _AS_BEFORE.split(";")):
            await connection.execute(sa.text(statement))
        await connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{_BEFORE[service]}'"))
    there = [_message(offset, None if offset == 7 else b"%d" % offset) for offset in range(450)]
    for each in there:
        await _park_as_before(engine, each)

    await asyncio.to_thread(run_migrations, package, url)
    assert await _parked(engine) == [(each.digest, each.offset, 1) for each in there]
    for each in (there[7], there[8]):
        await _park(engine, each)
        await _park_as_before(engine, each)
    beside = [_message(7, b""), _message(7, b"", key=b"other"), _message(450)]
    await _park(engine, beside[0])
    await _park_as_before(engine, beside[1])
    await _park_as_before(engine, beside[2])
    await _park(engine, beside[1])

    attempts = {7: 3, 8: 3}
    expected = [(each.digest, each.offset, attempts.get(each.offset, 1)) for each in there]
    expected += [(beside[0].digest, 7, 1), (beside[1].digest, 7, 2), (beside[2].digest, 450, 1)]
    assert await _parked(engine) == expected
    await engine.dispose()
    check(package, url)
