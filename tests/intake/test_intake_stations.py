"""Where a complaint was taken: the code of the station is checked against what dispatch has told of."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.directory import DirectoryEvent, PostChanged
from contracts.envelope import Event
from contracts.roles import Role
from intake.conftest import As
from intake.directory import heard
from intake.reports import report
from intake_service.events.directory import SUBSCRIPTION
from refusals import errors_of
from runtime.lifecycle import Service

UNKNOWN = {"pointer": "/station", "code": "station-unknown"}


def post_event(tenant: str, code: str, kind: str = "kiosk", sequence: int = 1, *, removed: bool = False) -> Event[Any]:
    data = PostChanged(code=code, removed=removed, name=code, kind=kind, community="c-1", lon=107.2, lat=26.5)
    return heard(DirectoryEvent.POST_CHANGED, "post", data, sequence, tenant=tenant)


async def hear(engine: AsyncEngine, *events: Event[Any]) -> None:
    async with engine.begin() as connection:
        await SUBSCRIPTION.handler(connection, events)


class Desk:
    """Somebody at a station of a tenant."""

    def __init__(self, client: httpx.AsyncClient, as_: As, tenant: str) -> None:
        self.client, self.headers = client, as_(Role.OFFICER, tenant=tenant)

    async def take(self, station: str, key: str | None = None) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": key} if key else self.headers
        body = report(source="liaison_station", station=station)
        return await self.client.post("/complaints", json=body, headers=headers)

    async def is_known(self, receipt: httpx.Response) -> bool | None:
        path = f"/complaints/{receipt.json()['id']}"
        view = (await self.client.get(path, headers=self.headers)).json()
        listed = (await self.client.get("/complaints", headers=self.headers)).json()["items"]
        [item] = [each for each in listed if each["id"] == view["id"]]
        assert item["station_known"] == view["station_known"]
        known: bool | None = view["station_known"]
        return known


async def test_where_no_station_was_told_of_every_code_is_taken(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    desk = Desk(client, as_, "t-silent")
    await hear(engine, post_event("t-silent", "post-1", "post"), post_event("t-elsewhere", "kiosk-1"))
    for code in ("our own code", "post-1"):
        receipt = await desk.take(code)
        assert (receipt.status_code, "warnings" in receipt.json()) == (201, False)
        assert await desk.is_known(receipt) is None


async def test_an_unknown_station_is_told_of_and_may_become_known(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    desk = Desk(client, as_, "t-told")
    await hear(engine, post_event("t-told", "kiosk-1"), post_event("t-told", "old", "liaison_station", removed=True))
    for code in ("kiosk-1", "old"):
        receipt = await desk.take(code)
        assert (receipt.status_code, "warnings" in receipt.json()) == (201, False)
        assert await desk.is_known(receipt) is True
    new = await desk.take("kiosk-2", key="again")
    assert (new.status_code, new.json()["warnings"]) == (201, [UNKNOWN])
    assert await desk.is_known(new) is False
    await hear(engine, post_event("t-told", "kiosk-2", "service_station", 2), post_event("t-told", "kiosk-2", "post"))
    assert await desk.is_known(new) is True
    assert (await desk.take("kiosk-2", key="again")).json() == new.json(), "the answer of a repeat is the first one"
    without = await client.post("/complaints", json=report(), headers=as_(Role.CITIZEN, tenant="t-told"))
    assert "warnings" not in without.json()
    assert await Desk(client, as_, "t-told").is_known(without) is None


async def test_a_batch_tells_of_it_item_by_item_also_before_it_is_filed(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    desk = Desk(client, as_, "t-batch")
    await hear(engine, post_event("t-batch", "kiosk-1"))
    items = [report(source="liaison_station", station=code) for code in ("kiosk-1", "kiosk-2")]
    for query in ("?dry_run=true", ""):
        answer = await client.post(f"/complaints/batch{query}", json={"items": items}, headers=desk.headers)
        assert [each["warnings"] for each in answer.json()["items"]] == [[], [UNKNOWN]]


async def test_a_station_that_is_known_is_asked_for_once(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    desk, asked = Desk(client, as_, "t-once"), list[str]()
    await hear(engine, post_event("t-once", "kiosk-1"), post_event("t-elsewhere", "kiosk-2"))

    def note(*call: Any) -> None:
        asked.extend(each for each in call[2:3] if "known_place" in each)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", note)
    receipts = [await desk.take(code) for code in ("kiosk-1", "kiosk-1", "kiosk-2", "kiosk-2")]
    sa.event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert ["warnings" in each.json() for each in receipts] == [False, False, True, True]
    assert len(asked) == 3, "what is not known may be known the next time"


async def test_a_county_may_have_it_refused(
    client: httpx.AsyncClient, service: Service, engine: AsyncEngine, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(client, as_, "t-strict")
    monkeypatch.setattr(service.app.state.intake._stations, "_refuse_unknown", True)
    assert (await desk.take("kiosk-9")).status_code == 201
    await hear(engine, post_event("t-strict", "kiosk-1"))
    refused = await desk.take("kiosk-9")
    assert refused.status_code == 422
    assert errors_of(refused) == [("/station", "station-unknown")]
    assert "kiosk-9" in refused.json()["errors"][0]["message"]
    batch = {"items": [report(source="liaison_station", station=code) for code in ("kiosk-1", "kiosk-9")]}
    for query, good in (("?dry_run=true", 200), ("", 201)):
        answer = await client.post(f"/complaints/batch{query}", json=batch, headers=desk.headers)
        assert [each["status"] for each in answer.json()["items"]] == [good, 422]
