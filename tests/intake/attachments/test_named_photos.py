"""Photos that events name: kept for whoever refers to them, and told of while they are not here."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintContributed, Payload, PhotosAsked
from contracts.field_activity import (
    ActivityCorrected,
    ActivityEvidenced,
    ActivityRecorded,
    FieldEvent,
    PatrolPhotographed,
)
from contracts.lifecycle import EventType
from contracts.roles import Role
from contracts.topics import LIFECYCLE
from e2e.people import eventually
from eventbus.slices import Subscription
from histories import History, messages
from intake.attachments.files import picture, upload, uploaded
from intake.attachments.pieces import begun, send
from intake.attachments.test_attachments_complaints import complained, resolved
from intake.conftest import TENANT, As
from intake.reports import report
from intake_service.events.lifecycle import TYPES, follow
from intake_service.events.photos import SUBSCRIPTION, UNKNOWN
from intake_service.persistence import attachment_waste, named_photos
from intake_service.persistence.named_photos import Named
from intake_service.service.attachment_janitor import AttachmentJanitor
from intake_service.service.awaiting import take_in
from runtime.clock import now
from runtime.ids import uuid7
from runtime.lifecycle import Service

OFFICER = Role.OFFICER
FOLLOWING = Subscription("intake", LIFECYCLE.name, TYPES, follow)


async def photo_of(client: httpx.AsyncClient, as_: As, role: Role = OFFICER, **who: str) -> str:
    answer = await upload(client, as_(role, **who), picture())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def hear(engine: AsyncEngine, *events: Event) -> None:
    await FOLLOWING.apply(engine, messages(events))


async def told(engine: AsyncEngine, complaint: str) -> list[tuple[int, set[str]]]:
    """Return number and content of what intake told of the complaint's photos."""
    query = sa.text("""
        SELECT sequence, payload FROM outbox
        WHERE aggregateid = :id AND type = 'complaint.photos_checked' ORDER BY position
    """)
    async with engine.connect() as connection:
        rows = (await connection.execute(query, {"id": complaint})).all()
    return [(row.sequence, set(json.loads(row.payload)["unknown"])) for row in rows]


async def complaint_of(client: httpx.AsyncClient, as_: As, photo: str) -> Any:
    about = await client.get(f"/attachments/{photo}/metadata", headers=as_(Role.OPERATOR))
    return about.json()["complaint"] if about.status_code == 200 else about.status_code


def field(event_type: FieldEvent, data: Payload, tenant: str = TENANT) -> Event[Any]:
    history = History(tenant=tenant)
    return history.received()._replace(type=event_type, source="dispatch", subject=uuid7(), data=data)  # type: ignore[arg-type] # an event of another topic


def photographed(*photos: str, tenant: str = TENANT) -> Event[Any]:
    ids = tuple(map(UUID, photos))
    data = PatrolPhotographed(actor="officer-1", team="team-01", patrol=uuid7(), photos=ids)
    return field(FieldEvent.PHOTOGRAPHED, data, tenant)


def recorded(*evidence: str) -> Event[Any]:
    data = ActivityRecorded(kind="patrols", count=1, started_at=now(), actor="officer-1", evidence=evidence)
    return field(FieldEvent.RECORDED, data)


def corrected(photo: str) -> Event[Any]:
    data = ActivityCorrected(
        kind="visits", count=1, started_at=now(), actor="officer-1", evidence=(photo,), reason="补照片"
    )
    return field(FieldEvent.CORRECTED, data)


def evidenced(photo: str) -> Event[Any]:
    return field(FieldEvent.EVIDENCED, ActivityEvidenced(actor="officer-1", photos=(UUID(photo),)))


async def walked(engine: AsyncEngine, *events: Event[Any]) -> None:
    await SUBSCRIPTION.apply(engine, messages(events))


async def gone(engine: AsyncEngine, photos: Sequence[str]) -> list[bool]:
    """Let all that is there be old, and say which of `photos` the janitor lets go then."""
    async with engine.begin() as connection:
        ids = {"ids": list(map(UUID, photos))}
        old = sa.text("UPDATE attachment SET created_at = created_at - interval '31 days' WHERE id = ANY(:ids)")
        await connection.execute(old, ids)
        await attachment_waste.forget(connection, now() - timedelta(days=1), now() - timedelta(days=30))
        rows = await connection.execute(sa.text("SELECT id FROM attachment WHERE id = ANY(:ids)"), ids)
        left = {str(photo) for photo in rows.scalars()}
    return [photo not in left for photo in photos]


async def test_photos_of_patrols_and_activities_are_kept(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    visited, shown, entered, added, unused, elsewhere = [await photo_of(client, as_) for _ in range(6)]
    citizens = await uploaded(client, as_)
    counted, made_up = UNKNOWN._value.get(), str(uuid4())
    visit = photographed(visited, citizens, made_up)
    await walked(engine, visit, recorded(shown, "photo 17"), photographed(elsewhere, tenant="110101"))
    await walked(engine, visit, evidenced(entered), corrected(added))
    assert UNKNOWN._value.get() == counted + 2
    assert await complaint_of(client, as_, visited) is None
    photos = [visited, shown, entered, added, unused, elsewhere, citizens]
    assert await gone(engine, photos) == [False, False, False, False, True, True, True]


async def test_a_photo_of_a_patrol_may_also_be_of_a_complaint(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    found, shown = [await photo_of(client, as_) for _ in range(2)]
    complaint = await complained(client, as_, [])
    await hear(engine, *resolved(complaint, shown))
    await walked(engine, photographed(found, shown))
    body = report(source="grid_patrol", attachments=[found])
    reported = await client.post("/complaints", json=body, headers=as_(OFFICER))
    assert reported.status_code == 201, reported.text
    assert [await complaint_of(client, as_, each) for each in (found, shown)] == [reported.json()["id"], complaint]


async def test_the_photos_of_a_reinspection_are_the_complaints(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    complaint, photo = await complained(client, as_, []), await photo_of(client, as_)
    history = History()
    history.id = UUID(complaint)
    await hear(engine, history.reinspected(UUID(photo)))
    assert await complaint_of(client, as_, photo) == complaint
    assert await gone(engine, [photo]) == [False]
    assert await told(engine, complaint) == []


async def test_what_is_not_here_is_told_of_once(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    complaint, photo = await complained(client, as_, []), await photo_of(client, as_)
    one, two = str(uuid4()), str(uuid4())
    history = History()
    history.id = UUID(complaint)
    way = resolved(complaint, photo, one)
    helped = {"actor": "officer-2", "team": "team-02", "supporting": True, "text": "已派车"}
    again, more = [
        history.event(EventType.CONTRIBUTED, ComplaintContributed.model_validate({**helped, "photos": photos}))
        for photos in ([one], [one, two])
    ]
    before = await client.get(f"/complaints/{complaint}", headers=as_(Role.CITIZEN))
    await hear(engine, again)
    await hear(engine, *way)
    await hear(engine, *way)
    assert await told(engine, complaint) == [(2, {one})]
    await hear(engine, more)
    assert await told(engine, complaint) == [(2, {one}), (3, {one, two})]
    seen = await client.get(f"/complaints/{complaint}", headers=as_(Role.CITIZEN))
    assert (before.headers["ETag"], seen.headers["ETag"]) == ('"1"', '"2"')
    assert not await take_in(engine)
    assert len(await told(engine, complaint)) == 2


@pytest.mark.parametrize("replicas", [1, 4])
async def test_a_photo_may_be_named_before_all_of_it_is_sent(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, replicas: int
) -> None:
    complaint, content, me = await complained(client, as_, []), picture(), as_(OFFICER)
    photo = str((await begun(client, me, content, role="after")).json()["id"])
    await hear(engine, *resolved(complaint, photo))
    await walked(engine, photographed(photo))
    await take_in(engine)
    assert await told(engine, complaint) == [(2, {photo})]
    sent = await send(client, me, photo, 0, content)
    assert (sent.status_code, sent.json()["id"], sent.json()["complaint"]) == (201, photo, None)
    await asyncio.gather(*(take_in(engine) for _ in range(replicas)))
    await take_in(engine)
    assert await told(engine, complaint) == [(2, {photo}), (3, set())]
    assert await complaint_of(client, as_, photo) == complaint
    assert (await client.get(f"/attachments/{photo}", headers=as_(Role.CITIZEN))).status_code == 200
    async with engine.connect() as connection:
        kept = sa.text("SELECT kept_for IS NOT NULL FROM attachment WHERE id = :id")
        assert await connection.scalar(kept, {"id": photo})


async def test_what_comes_while_its_event_is_heard_is_missed_by_neither(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    me = as_(OFFICER)
    complaints = [await complained(client, as_, []) for _ in range(8)]
    contents = [picture() for _ in complaints]
    photos = [str((await begun(client, me, content)).json()["id"]) for content in contents]
    await asyncio.gather(
        *(hear(engine, *resolved(complaint, photo)) for complaint, photo in zip(complaints, photos, strict=True)),
        *(send(client, me, photo, 0, content) for photo, content in zip(photos, contents, strict=True)),
        *(take_in(engine) for _ in range(4)),
    )
    while await take_in(engine):
        pass
    await take_in(engine)
    assert [await complaint_of(client, as_, photo) for photo in photos] == complaints
    for complaint in complaints:
        said = await told(engine, complaint)
        assert [number for number, _ in said] == [2, 3][: len(said)]
        assert not said or said[-1][1] == set()


async def test_who_hears_of_a_photo_and_who_takes_it_in_wait_for_each_other_in_one_order(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    """Whoever takes in has the complaint when its event comes, and gets the photo before the event does."""
    complaint, photo = await complained(client, as_, []), await photo_of(client, as_)
    history = History()
    history.id = UUID(complaint)
    await hear(engine, history.reinspected(uuid4()))
    heard = history.reinspected(UUID(photo), uuid4())
    async with asyncio.TaskGroup() as group, engine.begin() as connection:
        await named_photos.lock(connection, [history.id])
        group.create_task(hear(engine, heard))
        await eventually(partial(_somebody_waits, engine))
        await named_photos.give(connection, [Named(UUID(photo), TENANT, history.id, True)])
    assert await complaint_of(client, as_, photo) == complaint
    assert len(await told(engine, complaint)) == 2


async def test_an_erased_complaint_awaits_nothing(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    complaint, content, me = await complained(client, as_, []), picture(), as_(OFFICER)
    photo = str((await begun(client, me, content)).json()["id"])
    await hear(engine, *resolved(complaint, photo))
    why = {"ground": "request", "reason": "来函申请"}
    erased = await client.post(f"/complaints/{complaint}/erasure", json=why, headers=as_(Role.SUPERVISOR))
    assert erased.status_code == 200, erased.text
    await send(client, me, photo, 0, content)
    await take_in(engine)
    assert len(await told(engine, complaint)) == 1
    assert await complaint_of(client, as_, photo) is None


async def test_what_no_patrol_will_get_any_more_is_forgotten(engine: AsyncEngine, service: Service) -> None:
    made_up = str(uuid4())
    await walked(engine, photographed(made_up))
    async with engine.begin() as connection:
        old = sa.text("UPDATE awaited_photo SET noted_at = now() - interval '3 days' WHERE photo = :id")
        assert (await connection.execute(old, {"id": made_up})).rowcount == 1
    attaching = service.app.state.attaching
    await AttachmentJanitor(engine, attaching.staging, attaching.pieces, attaching.removing).clean()
    async with engine.connect() as connection:
        left = sa.text("SELECT count(*) FROM awaited_photo WHERE photo = :id")
        assert await connection.scalar(left, {"id": made_up}) == 0


async def test_an_attachment_has_the_id_of_its_upload(client: httpx.AsyncClient, as_: As) -> None:
    content = picture()
    for who in ("officer-7", "officer-8"):
        me = as_(OFFICER, who)
        photo = str((await begun(client, me, content)).json()["id"])
        assert (await send(client, me, photo, 0, content)).json()["id"] == photo


async def test_the_ledger_is_answered_whatever_there_is(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    complaint, photo = await complained(client, as_, []), await photo_of(client, as_)
    history = History()
    history.id = UUID(complaint)
    asked = history.event(EventType.PHOTOS_ASKED, PhotosAsked(photos=(UUID(photo),)))
    await hear(engine, *resolved(complaint, photo))
    assert await told(engine, complaint) == []
    await hear(engine, asked)
    await hear(engine, asked)
    assert await told(engine, complaint) == [(2, set())]
    query = sa.text("SELECT causationid FROM outbox WHERE aggregateid = :id ORDER BY position DESC LIMIT 1")
    async with engine.connect() as connection:
        assert await connection.scalar(query, {"id": complaint}) == asked.id


async def _somebody_waits(engine: AsyncEngine) -> bool | None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with engine.connect() as connection:
        return bool(await connection.scalar(sa.text(query))) or None
