"""How long an extension may be, and how often: set by the tenant, told by the refusal."""

from datetime import timedelta
from typing import Any

import pytest

from dispatch.asking import WHY, ask, by_the_clock, decide, grant, moment, problem, until
from dispatch.test_dispatch_clocks import limits, put
from dispatch.world import TENANT, World
from dispatch_service.service.clockworks import Clockworks

RULE = "/dispatch/v1/extension-rule"
DAY = timedelta(days=1)


async def ruled(world: World, amount: int, unit: str, most: int = 2) -> None:
    """Let all cases have ten hours, and extensions be that long at the most."""
    assert (await put(world, "limits", limits(resolve=10), tenant=TENANT)).status_code == 200
    rule = {"longest": {"amount": amount, "unit": unit}, "most": most}
    answer = await put(world, "extension-rule", rule, tenant=TENANT)
    assert answer.status_code == 200, answer.text


async def test_what_is_shipped_counts_until_an_administrator_replaces_it(world: World) -> None:
    shipped = await world.send("GET", RULE, role="officer", tenant="ruled")
    body = {"longest": {"amount": 5, "unit": "days"}, "most": 1}
    replaced = await put(world, "extension-rule", body, tenant="ruled", **{"If-Match": shipped.headers["ETag"]})
    stale = await put(world, "extension-rule", body, tenant="ruled", **{"If-Match": shipped.headers["ETag"]})

    assert (shipped.status_code, shipped.headers["ETag"], shipped.json()["shipped"]) == (200, '"0"', True)
    assert (shipped.json()["longest"], shipped.json()["most"]) == ({"amount": 30, "unit": "working_days"}, 2)
    assert (replaced.status_code, replaced.headers["ETag"], replaced.json()["shipped"]) == (200, '"1"', False)
    assert (replaced.json()["longest"], replaced.json()["changed_by"]) == (body["longest"], "admin-demo")
    assert stale.status_code == 412
    for role in ("dispatcher", "supervisor", "officer", "citizen"):
        assert (await world.send("PUT", RULE, role=role, json=body)).status_code == 403
    assert (await world.send("GET", RULE, role="citizen")).status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"most": 11}, "/most"),
        ({"most": -1}, "/most"),
        ({"longest": {"amount": 0, "unit": "days"}}, "/longest/amount"),
        ({"longest": {"amount": 367, "unit": "days"}}, "/longest/amount"),
        ({"longest": {"amount": 3, "unit": "weeks"}}, "/longest/unit"),
        ({"longest": None}, "/longest"),
        ({"more": 1}, "/more"),
    ],
)
async def test_bad_rules_are_named(world: World, change: dict[str, Any], pointer: str) -> None:
    body = {"longest": {"amount": 5, "unit": "days"}, "most": 1, **change}
    answer = await put(world, "extension-rule", body, tenant="bad")

    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_a_longer_one_is_refused_with_the_latest_moment_that_would_be_right(world: World) -> None:
    await ruled(world, 3, "days")
    event = await world.a_case("accept")
    latest = (await world.row(event))["promised_at"] + 3 * DAY

    late = await ask(world, event, "extension", {**WHY, "until": (latest + timedelta(seconds=1)).isoformat()})
    assert problem(late) == (422, "extension-too-long")
    [error] = late.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/until", "extension-too-long")
    assert moment(late.json()["latest"]) == latest
    assert by_the_clock(latest) in error["message"]
    in_chinese = await ask(
        world,
        event,
        "extension",
        {**WHY, "until": (latest + DAY).isoformat()},
        headers={"Accept-Language": "zh"},
    )
    assert by_the_clock(latest) in in_chinese.json()["detail"]
    assert (await ask(world, event, "extension", {**WHY, "until": latest.isoformat()})).status_code == 200
    assert moment((await decide(world, event, "extension")).json()["promised_at"]) == latest


@pytest.mark.usefixtures("late_news")
async def test_a_new_rule_counts_at_once(world: World) -> None:
    await ruled(world, 9, "days")
    before, after = [await world.a_case("accept") for _ in range(2)]
    assert (await ask(world, before, "extension", await until(world, before, days=5))).status_code == 200
    await ruled(world, 3, "days")

    late = await ask(world, after, "extension", await until(world, after, days=5))
    assert problem(late) == (422, "extension-too-long")
    assert (await decide(world, before, "extension")).status_code == 200


async def test_it_counts_in_its_own_unit_and_a_year_is_the_end_of_all(world: World) -> None:
    world.app.state.clockworks = Clockworks(check_every_seconds=0)  # else office hours are heard of within a second
    await ruled(world, 1, "working_hours")
    spans = [{"from": "00:00", "to": "12:00"}, {"from": "12:00", "to": "00:00"}]
    assert (await put(world, "office-hours", {"spans": spans}, tenant=TENANT)).status_code == 200
    event = await world.a_case("accept")
    assert problem(await ask(world, event, "extension", await until(world, event, days=10))) == (
        422, "extension-too-long",
    )  # fmt: skip
    assert (await ask(world, event, "extension", await until(world, event, minutes=1))).status_code == 200
    await ruled(world, 366, "working_days")
    other = await world.a_case("accept")
    refused = await ask(world, other, "extension", await until(world, other, days=367))
    assert moment(refused.json()["latest"]) == (await world.row(other))["promised_at"] + 366 * DAY


@pytest.mark.parametrize("most", [0, 1])
async def test_the_tenant_says_how_often(world: World, most: int) -> None:
    await ruled(world, 3, "days", most)
    event = await world.a_case("accept")
    for _ in range(most):
        await grant(world, event, "extension")

    assert problem(await ask(world, event, "extension")) == (409, "too-many-requests-for-case")
