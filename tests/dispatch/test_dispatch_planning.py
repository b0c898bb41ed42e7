"""What a planner's program asks dispatch for."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from contracts.events import ComplaintReceived
from dispatch.asking import problem
from dispatch.world import NEIGHBOUR, World, received
from runtime.clock import now

PERIOD = "from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"


async def cases(world: World, query: str, **options: Any) -> Any:
    return await world.send("GET", f"/dispatch/v1/planning/cases?{query}", role="analyst", **options)


async def test_the_county_is_told_as_a_whole(world: World) -> None:
    rules = [{"code": "dogs", "name": {"zh": "犬", "en": "Dogs"}, "when": {"words": ["狗"]}, "then": {"stop": True}}]
    before = (await world.send("GET", "/dispatch/v1/planning/county", role="analyst")).json()
    put = await world.send("PUT", "/dispatch/v1/rules", role="admin", json={"rules": rules})
    published = await world.send("POST", "/dispatch/v1/rules/publication", role="admin", json={})
    day = {"date": "2027-05-06", "working": False, "name": "节"}
    await world.send("PUT", "/dispatch/v1/calendars/2027", role="admin", json={"days": [day]})
    answer = await world.send("GET", "/dispatch/v1/planning/county", role="analyst")

    county = answer.json()
    assert (put.status_code, published.status_code, answer.status_code) == (200, 201, 200)
    counts = {name: len(county[name]) for name in ("communities", "teams", "posts", "shifts", "skills")}
    assert counts == {"communities": 15, "teams": 16, "posts": 57, "shifts": 3, "skills": 76}
    assert len(county["grids"]["features"]) == 15
    assert county["timezone"] == "Asia/Shanghai"
    assert (len(county["sources"]), county["sources"]["hotline"], county["sources"]["grid_patrol"]) == (9, False, True)
    assert {"street_order", "street_order.parking"} <= set(county["categories"])
    assert before["rules"] is None
    assert [rule["code"] for rule in county["rules"]["rules"]] == ["dogs"]
    assert county["own_days"] == [day]
    assert county["policy"]["other"] == "next_shift"
    assert county["office_hours"][0] == {"from": "09:00", "to": "12:00"}
    assert {line["stage"] for line in county["limits"]} >= {"accept", "on_site", "resolve"}
    assert answer.headers["etag"] == f'"{county["version"]}"'


async def test_a_rule_that_is_switched_off_is_not_told(world: World) -> None:
    rules = [
        {"code": code, "name": {"zh": code, "en": code}, "when": {"words": [code]}, "then": {"stop": True}}
        for code in ("one", "two")
    ]
    await world.send("PUT", "/dispatch/v1/rules", role="admin", json={"rules": rules})
    await world.send("POST", "/dispatch/v1/rules/publication", role="admin", json={})
    await world.run(
        "INSERT INTO rule_state (tenant, version, code, matches, off_since, off_reason)"
        " SELECT tenant, max(version), 'one', 0, now(), 'test' FROM rule_set GROUP BY tenant"
    )

    county = (await world.send("GET", "/dispatch/v1/planning/county", role="analyst")).json()

    assert [rule["code"] for rule in county["rules"]["rules"]] == ["two"]


async def test_past_cases_come_in_pages_the_newest_first_with_what_rules_look_at(world: World) -> None:
    event = received(attributes={"floor": 3}, category_confidence=0.9)
    await world.deliver(event)
    for step in ("accept", "start", "resolve"):
        await world.act(event, step, role="officer")
    others = [received() for _ in range(3)]
    await world.deliver(*others)

    page = await cases(world, f"{PERIOD}&limit=2")
    rest = await world.send("GET", page.links["next"]["url"], role="analyst")
    both = [*page.json()["items"], *rest.json()["items"]]

    numbers = [item["number"] for item in both][:4]
    assert numbers == [cast(ComplaintReceived, each.data).number for each in (*others[::-1], event)]
    done = both[3]
    assert (done["attributes"], done["category_confidence"]) == ({"floor": 3}, 0.9)
    assert (done["status"], done["self_handled"], done["officer"]) == ("resolved", False, "officer-demo")
    assert done["assigned_at"] <= done["accepted_at"] <= done["started_at"] <= done["resolved_at"]
    assert "address" not in done


async def test_a_period_has_an_order_and_an_end(world: World) -> None:
    await world.a_case()
    moment = now()
    reversed_ = await cases(world, "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")
    missing = await cases(world, "from=2026-02-01T00:00:00Z")
    earlier = await cases(world, f"from=2020-01-01T00:00:00Z&to={_utc(moment - timedelta(days=1))}")
    later = await cases(world, f"from={_utc(moment + timedelta(days=1))}&to=2100-01-01T00:00:00Z")

    assert problem(reversed_) == (422, "period-reversed")
    assert problem(missing) == (422, "validation-failed")
    assert (earlier.json(), later.json()) == ({"items": []}, {"items": []})


async def test_only_staff_of_the_tenant_see_it(world: World) -> None:
    await world.a_case()
    refused = [
        await world.send("GET", f"/dispatch/v1/planning/{path}", role=role)
        for path in ("county", f"cases?{PERIOD}")
        for role in ("citizen", "partner")
    ]
    neighbour = await cases(world, PERIOD, tenant=NEIGHBOUR)
    county = await world.send("GET", "/dispatch/v1/planning/county", role="analyst", tenant=NEIGHBOUR)

    assert {answer.status_code for answer in refused} == {403}
    assert neighbour.json() == {"items": []}
    assert county.json()["teams"] == []
    assert county.json()["limits"]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
