"""Merging what a superior has ordered 上级交办: neither the order nor its deadline is lost."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.reports import HOTLINE, report
from intake.searches import put
from intake.test_intake_merging import Desk
from ledger.eventful import Eventful
from refusals import code_of

SOON, LATE = "2098-01-01T08:00:00+08:00", "2099-01-01T00:00:00Z"


async def ordered(desk: Desk, order: dict[str, str] | None) -> Eventful:
    """Take what a superior has ordered; without an order, what a hotline has."""
    body = HOTLINE
    if order is not None:
        body = report(source="superior_assigned", order={"number": "督办〔2026〕17号", **order})
    answer = await desk.client.post("/complaints", json=body, headers=desk.as_(Role.OPERATOR))
    assert answer.status_code == 201, answer.text
    history = Eventful()
    history.id = UUID(answer.json()["id"])
    return history


@pytest.mark.parametrize(
    ("one", "into", "is_lost"),
    [
        ({"deadline": LATE}, None, True),
        ({}, None, True),
        ({"deadline": SOON}, {"deadline": LATE}, True),
        ({"deadline": SOON}, {}, True),
        ({"deadline": SOON}, {"deadline": "2098-01-01T00:00:00Z"}, False),
        ({"deadline": LATE}, {"deadline": SOON}, False),
        ({}, {}, False),
        (None, {"deadline": SOON}, False),
    ],
)
async def test_a_merge_loses_no_order_of_a_superior(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    as_: As,
    one: dict[str, str] | None,
    into: dict[str, str] | None,
    is_lost: bool,
) -> None:
    desk = Desk(client, engine, as_)
    member, master = [await ordered(desk, each) for each in (one, into)]
    if not is_lost:
        await desk.merged(member, master)
        return
    for language, word in (("en", "other way round"), ("zh-CN", "并入本件")):
        refused = await desk.merge(member, master, **{"Accept-Language": language})
        assert code_of(refused) == (409, "merge-loses-order")
        assert word in refused.json()["detail"]
    assert (await desk.row(member)).release_state is None
    await desk.merged(master, member)


async def test_what_was_merged_before_stays_so_when_it_is_asked_for_again(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    desk = Desk(client, engine, as_)
    member, master = await ordered(desk, {"deadline": SOON}), await ordered(desk, None)
    await put(engine, str(member.id), status="merged", merged_into=master.id)
    assert (await desk.merge(member, master)).json()["merge"] == "merged"
