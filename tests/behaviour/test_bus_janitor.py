"""The janitor deletes what is over age, and nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from prometheus_client import REGISTRY

from behaviour.stories import event, ids
from behaviour.tiny_service import TinyService
from eventbus.janitor import KEEP_INBOX, KEEP_OUTBOX, SIZE, Janitor
from runtime.ids import uuid7

NOW = datetime.now(UTC)
SECOND = timedelta(seconds=1)


def _janitor(service: TinyService) -> Janitor:
    return Janitor(engine=service.engine, consumers=[service.group])


async def test_only_published_rows_over_age_leave_the_outbox(service: TinyService) -> None:
    old, recent, waiting, aside = (event() for _ in range(4))
    await service.append([old, recent, waiting, aside])
    await _published(service, old.id, NOW - KEEP_OUTBOX - SECOND)
    await _published(service, recent.id, NOW - KEEP_OUTBOX + SECOND)
    await service.execute(
        "UPDATE outbox SET published_at = '-infinity', error = 'too large' WHERE id = :id",
        id=aside.id,
    )
    await service.execute("UPDATE outbox SET created_at = :old", old=NOW - timedelta(days=400))
    await _janitor(service).clean(NOW)
    assert await _ids(service, "SELECT id FROM outbox ORDER BY position") == ids([recent, waiting, aside])


async def test_behind_many_old_rows_that_stay_others_go(service: TinyService) -> None:
    stays, goes = event(), event()
    await service.append([stays])
    await service.execute(f"""
        INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, source, tenant, time, sequence,
                            correlationid, shard)
        SELECT id, aggregatetype, aggregateid, type, payload, source, tenant, time, sequence, correlationid, shard
        FROM outbox CROSS JOIN generate_series(1, {SIZE})
    """)
    await service.execute("UPDATE outbox SET published_at = :lately", lately=NOW)
    await service.append([goes])
    await _published(service, goes.id, NOW - KEEP_OUTBOX - SECOND)
    await service.execute("UPDATE outbox SET created_at = :old", old=NOW - 2 * KEEP_OUTBOX)
    janitor = _janitor(service)
    await janitor.clean(NOW)
    await janitor.clean(NOW)
    assert await _ids(service, "SELECT DISTINCT id FROM outbox") == [stays.id]
    later = NOW + KEEP_OUTBOX + SECOND
    for _ in range(3):  # the rest, all there is from the beginning, and what that has left
        await janitor.clean(later)
    assert await _ids(service, "SELECT id FROM outbox") == []


async def test_only_claims_over_age_leave_the_inbox(service: TinyService) -> None:
    old, recent = _id_at(NOW - KEEP_INBOX - SECOND), _id_at(NOW - KEEP_INBOX + SECOND)
    present, timeless = uuid7(), UUID("01000000-0000-5000-8000-000000000000")
    for event_id in (old, recent, present, timeless):
        for consumer in ("one", "two"):
            await service.execute(
                "INSERT INTO inbox (event_id, consumer) VALUES (:id, :consumer)", id=event_id, consumer=consumer
            )
    await _janitor(service).clean(NOW)
    assert await _ids(service, "SELECT event_id FROM inbox ORDER BY 1, consumer") == [
        *(timeless, timeless),
        *(recent, recent),
        *(present, present),
    ]


async def test_the_parked_messages_of_each_consumer_are_counted_until_none_is_left(service: TinyService) -> None:
    await service.execute(
        'INSERT INTO parked_message (consumer, topic, partition, "offset", key, headers, error_class, error)'
        " SELECT :consumer, 't', 0, place, '', '[]', 'E', 'e' FROM generate_series(1, 3) AS place",
        consumer=service.group,
    )
    await _janitor(service).clean()
    assert _gauge(service) == 3
    await service.execute("UPDATE parked_message SET state = 'discarded'")
    await _janitor(service).clean()
    assert _gauge(service) == 0


def _id_at(moment: datetime) -> UUID:
    """An id as uuid7 would have made it at that moment."""
    random = uuid7().int & ((1 << 80) - 1)
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | random)


async def _published(service: TinyService, event_id: UUID, moment: datetime) -> None:
    await service.execute("UPDATE outbox SET published_at = :moment WHERE id = :id", moment=moment, id=event_id)


async def _ids(service: TinyService, query: str) -> list[UUID]:
    return [row[0] for row in await service.rows(query)]


def _gauge(service: TinyService) -> float | None:
    return REGISTRY.get_sample_value("jieban_parked_messages", {"consumer": service.group})
