"""Photos that events about a complaint name although they are another one's: they show nothing."""

from uuid import UUID

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintContributed
from contracts.lifecycle import EventType
from histories import History
from intake.attachments.files import uploaded
from intake.attachments.test_attachments_complaints import complained
from intake.attachments.test_named_photos import complaint_of, hear, photo_of, told
from intake.conftest import As
from intake_service.service.awaiting import take_in


def naming(complaint: str, *photos: str) -> Event:
    history = History()
    history.id = UUID(complaint)
    said = {"actor": "officer-1", "team": "team-01", "supporting": False, "text": "已到现场", "photos": photos}
    return history.event(EventType.CONTRIBUTED, ComplaintContributed.model_validate(said))


async def test_a_photo_of_another_complaint_shows_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    one, other = [await complained(client, as_, []) for _ in range(2)]
    theirs, own = [await photo_of(client, as_) for _ in range(2)]
    citizens = await uploaded(client, as_)
    await hear(engine, naming(other, theirs))
    await hear(engine, naming(one, theirs, own, citizens), naming(other, theirs))
    assert await told(engine, one) == [(2, {theirs, citizens})]
    assert await told(engine, other) == []
    assert [await complaint_of(client, as_, each) for each in (theirs, own)] == [other, one]
    assert not await take_in(engine)
    assert len(await told(engine, one)) == 1


async def test_of_two_that_name_a_photo_at_once_one_has_it(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    complaints, photo = [await complained(client, as_, []) for _ in range(2)], await photo_of(client, as_)
    await hear(engine, *(naming(each, photo) for each in complaints))
    has = await complaint_of(client, as_, photo)
    assert has in complaints
    assert [await told(engine, each) for each in complaints if each != has] == [[(2, {photo})]]
    assert await told(engine, has) == []


async def test_members_and_their_master_show_each_others(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    master, member = [await complained(client, as_, []) for _ in range(2)]
    masters, members = [await photo_of(client, as_) for _ in range(2)]
    await hear(engine, naming(member, members), naming(master, masters))
    async with engine.begin() as connection:
        merge = sa.text("UPDATE complaint SET merged_into = :master WHERE id = :id")
        await connection.execute(merge, {"master": master, "id": member})
    await hear(engine, naming(master, members), naming(member, masters))
    assert [await told(engine, each) for each in (master, member)] == [[], []]
    assert [await complaint_of(client, as_, each) for each in (masters, members)] == [master, member]
