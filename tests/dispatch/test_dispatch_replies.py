"""Reply templates 常用语: the tenant's own, by state and category, filled in for a case."""

from typing import Any

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import grant, problem, transferred
from dispatch.test_dispatch_category_limits import tell
from dispatch.test_dispatch_clocks import put
from dispatch.test_dispatch_unanswered_orders import ordered
from dispatch.world import NEIGHBOUR, TENANT, World, later, received
from dispatch_service.service.replies import default

REPLIES = "/dispatch/v1/replies"
ACTIONS = ("resolve", "return", "extension", "suspension", "resumption", "reply")


def template(code: str, action: str = "resolve", category: str | None = None, **texts: str) -> dict[str, Any]:
    return {"code": code, "action": action, "category": category, "zh": "已处理", "en": "Done", **texts}


async def published(world: World, *lines: dict[str, Any], tenant: str = TENANT) -> None:
    answer = await put(world, "replies", {"replies": list(lines)}, tenant=tenant)
    assert answer.status_code == 200, answer.text


async def offered(world: World, event: Event, query: str = "", **options: Any) -> list[dict[str, Any]]:
    """Return the templates for a case."""
    path = f"/dispatch/v1/cases/{event.subject}/replies{query}"
    answer = await world.send("GET", path, role=options.pop("role", "officer"), **options)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def codes(items: list[dict[str, Any]]) -> list[str]:
    return [each["code"] for each in items]


async def a_case(world: World, category: str | None, *steps: str, tenant: str = TENANT) -> Event:
    event = received(category=category, tenant=tenant)
    await world.deliver(event)
    for step in steps:
        assert (await world.act(event, step, role="officer")).status_code == 200
    return event


async def test_what_is_shipped_counts_until_an_administrator_replaces_it(world: World) -> None:
    shipped = await world.send("GET", REPLIES, role="officer", tenant="replies")
    body = {"replies": [template("done", zh="{number}已办", en="{number} is done")]}
    replaced = await put(world, "replies", body, tenant="replies", **{"If-Match": shipped.headers["ETag"]})
    stale = await put(world, "replies", {"replies": []}, tenant="replies", **{"If-Match": shipped.headers["ETag"]})
    nothing = await put(world, "replies", {"replies": []}, tenant="replies")

    assert (shipped.status_code, shipped.headers["ETag"], shipped.json()["shipped"]) == (200, '"0"', True)
    assert shipped.json()["replies"] == list(default())
    assert (replaced.json()["replies"], replaced.json()["changed_by"]) == (body["replies"], "admin-demo")
    assert (replaced.headers["ETag"], replaced.json()["shipped"], stale.status_code) == ('"1"', False, 412)
    assert (nothing.json()["replies"], nothing.json()["shipped"]) == ([], False)
    for role in ("dispatcher", "supervisor", "officer", "citizen"):
        assert problem(await world.send("PUT", REPLIES, role=role, json=body)) == (403, "access-denied")
    assert problem(await world.send("GET", REPLIES, role="citizen")) == (403, "access-denied")


async def test_what_is_shipped_is_itself_right(world: World) -> None:
    answer = await put(world, "replies", {"replies": list(default())}, tenant="shipped")
    assert answer.status_code == 200, answer.text
    assert {line["action"] for line in answer.json()["replies"]} == {*ACTIONS}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"zh": "请找{officer}"}, "/replies/1/zh", "unknown-placeholder"),
        ({"en": "{number.__class__}"}, "/replies/1/en", "unknown-placeholder"),
        ({"en": "{number"}, "/replies/1/en", "unknown-placeholder"),
        ({"en": "number}"}, "/replies/1/en", "unknown-placeholder"),
        ({"en": "{{number}}"}, "/replies/1/en", "unknown-placeholder"),
        ({"zh": "{}"}, "/replies/1/zh", "unknown-placeholder"),
        ({"category": "safety.strung_wire"}, "/replies/1/category", "unknown-category"),
        ({"category": "a..b"}, "/replies/1/category", "string_pattern_mismatch"),
        ({"code": "first"}, "/replies/1/code", "duplicate-code"),
        ({"action": "close"}, "/replies/1/action", "enum"),
        ({"zh": ""}, "/replies/1/zh", "string_too_short"),
        ({"en": "x" * 1001}, "/replies/1/en", "string_too_long"),
        ({"en": None}, "/replies/1/en", "string_type"),
        ({"more": 1}, "/replies/1/more", "extra_forbidden"),
    ],
)
async def test_bad_templates_are_named(world: World, change: dict[str, Any], pointer: str, code: str) -> None:
    answer = await put(
        world, "replies", {"replies": [template("first"), {**template("second"), **change}]}, tenant="bad"
    )

    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert answer.json()["errors"][0]["message"]


async def test_a_placeholder_that_is_none_is_named_with_those_that_are(world: World) -> None:
    body = {"replies": [template("bad", zh="请找{officer}")]}
    answer = await put(world, "replies", body, tenant="bad", **{"Accept-Language": "zh"})
    assert answer.json()["errors"][0]["message"] == "没有占位符 {officer}，可用的有：{number}, {category}, {team}。"


async def test_templates_are_offered_by_category_the_nearest_first_and_filled_in(world: World) -> None:
    await published(
        world,
        template("all", zh="{number}（{category}）已由{team}办结", en="{team} has done {number}: {category}"),
        template("upper", category="street_order"),
        template("own", category="street_order.parking"),
        template("second", category="street_order.parking"),
        template("other", category="safety"),
    )
    event, plain = await a_case(world, "street_order.parking", "accept", "start"), await a_case(world, None)
    found = await offered(world, event)

    assert codes(found) == ["own", "second", "upper", "all"]
    number = (await world.row(event))["number"]
    assert found[-1] == {
        "code": "all", "action": "resolve", "category": None, "zh": f"{number}（乱停乱放）已由文兴社区网格队办结",
        "en": f"文兴社区网格队 has done {number}: Disorderly parking",
    }  # fmt: skip
    (unclassified,) = await offered(world, plain, "?action=resolve")
    assert ("未分类" in unclassified["zh"], "unclassified" in unclassified["en"]) == (True, True)


async def test_what_is_put_in_is_not_filled_in_again(world: World) -> None:
    await published(world, template("all", zh="{category}，{team}", en="{category}"), tenant="braces")
    await tell(world, "braces", code="city")
    await world.run(
        """UPDATE clock_setting SET content = jsonb_set(content, '{city,name}', '{"zh": "{team}", "en": "{x}"}')
        WHERE tenant = 'braces' AND name = 'categories'"""
    )
    event = await a_case(world, "city", tenant="braces")
    (found,) = await offered(world, event, "?action=resolve", tenant="braces")
    team = (await world.send("GET", f"/dispatch/v1/cases/{event.subject}", role="officer", tenant="braces")).json()
    assert (found["zh"], found["en"]) == (f"{{team}}，{team['team']['name']}", "{x}")


async def test_a_category_is_called_as_intake_has_told_last(world: World) -> None:
    await published(world, template("all", zh="{category}", en="{category}"), tenant="told")
    event = await a_case(world, "snow", tenant="told")
    unknown = await offered(world, event, "?action=resolve", tenant="told")
    await tell(world, "told", code="snow")
    told = await offered(world, event, "?action=resolve", tenant="told")
    await put(world, "replies", {"replies": [template("snow", category="snow")]}, tenant="told")

    assert [(each["zh"], each["en"]) for each in (*unknown, *told)] == [("snow", "snow"), ("类别", "Category")]
    assert codes(await offered(world, event, "?action=resolve", tenant="told")) == ["snow"]


async def test_a_category_that_was_removed_is_none_any_more(world: World) -> None:
    body = {"replies": [template("snow", category="snow")]}
    await tell(world, "removed", 1, code="snow")
    known = await put(world, "replies", body, tenant="removed")
    await tell(world, "removed", 2, code="snow", removed=True)
    gone = await put(world, "replies", body, tenant="removed")

    assert (known.status_code, gone.status_code) == (200, 422)
    assert [error["code"] for error in gone.json()["errors"]] == ["unknown-category"]


async def test_templates_are_offered_for_what_can_be_done_in_the_state(world: World) -> None:
    await published(world, *(template(action, action) for action in ACTIONS))
    event = await a_case(world, "street_order")
    assert codes(await offered(world, event)) == ["return"]
    await world.act(event, "accept", role="officer")
    assert codes(await offered(world, event)) == ["return", "extension", "suspension"]
    order = await ordered(world, event)
    await world.act(event, "start", role="officer")
    assert codes(await offered(world, event)) == ["resolve", "return", "extension", "suspension", "reply"]
    await world.act(event, f"supervision/{order}/reply", {"text": "已派人"}, role="officer")
    await grant(world, event, "suspension")
    assert codes(await offered(world, event)) == ["resumption"]
    assert codes(await offered(world, event, "?action=resolve")) == ["resolve"]
    await grant(world, event, "resumption")
    await transferred(world, event)
    assert await offered(world, event) == []
    await world.deliver(later(event, EventType.FORCE_CLOSED))
    assert await offered(world, event) == []


async def test_templates_are_the_tenants_own_for_its_own_people(world: World) -> None:
    await published(world, template("ours"))
    ours, theirs = await a_case(world, "street_order"), await a_case(world, "street_order", tenant=NEIGHBOUR)

    assert "ours" not in codes(await offered(world, theirs, "?action=resolve", tenant=NEIGHBOUR))
    assert codes(await offered(world, ours, "?action=resolve", role="dispatcher")) == ["ours"]
    path = f"/dispatch/v1/cases/{theirs.subject}/replies"
    assert (await world.send("GET", path, role="officer")).status_code == 404
    assert problem(await world.send("GET", path, role="citizen", tenant=NEIGHBOUR)) == (403, "access-denied")
    bad = await world.send("GET", f"{path}?action=close", role="officer", tenant=NEIGHBOUR)
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "query/action")
