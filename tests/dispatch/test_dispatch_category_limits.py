"""What intake has configured, and tells: limits of its categories, and which sources there are."""

from datetime import timedelta
from typing import Any

from contracts.directory import (
    CategoryChanged,
    DirectoryEvent,
    DirectoryKind,
    SourceChanged,
    TimeLimit,
    subject_of,
)
from contracts.envelope import Event, headers_of_event
from contracts.topics import DIRECTORY
from dispatch.ruling import errors, publish, put, rule
from dispatch.world import World, received
from dispatch_service.domain.limits import Allowance, Grade, Stage, Unit
from dispatch_service.events.categories import SUBSCRIPTION
from dispatch_service.service.clockworks import Clockworks, limits_of, lines_of
from dispatch_service.service.renewing import renew_clocks
from eventbus.parking import Message
from intake_service.domain.configuration.shipped import shipped
from runtime.clock import now
from runtime.ids import uuid7

V1 = "/dispatch/v1"


def hours(amount: int) -> TimeLimit:
    return TimeLimit(amount=amount, unit="hours")


async def tell(world: World, tenant: str, sequence: int = 1, /, **facts: Any) -> None:
    """Let intake tell of a category."""
    await tell_of(world, tenant, sequence, CategoryChanged(version=2, zh="类别", en="Category", **facts))


async def tell_of(world: World, tenant: str, sequence: int, data: CategoryChanged | SourceChanged) -> None:
    """Let intake tell of a category or a source."""
    is_source = isinstance(data, SourceChanged)
    kind: DirectoryKind = "source" if is_source else "category"
    event_type = DirectoryEvent.SOURCE_CHANGED if is_source else DirectoryEvent.CATEGORY_CHANGED
    subject, event_id = subject_of(tenant, kind, data.code), uuid7()
    event: Event[DirectoryEvent] = Event(
        event_id, event_type, "intake", subject, tenant, now(), sequence, event_id, None, None, data
    )
    value = data.model_dump_json(exclude_none=True).encode()
    await SUBSCRIPTION.apply(
        world.engine, [Message(DIRECTORY.name, 0, sequence, str(subject).encode(), headers_of_event(event), value)]
    )


async def resolve(world: World, tenant: str, category: str, grade: Grade = Grade.ORDINARY) -> Allowance:
    """Return how long a case of the category may take."""
    async with world.engine.connect() as connection:
        work = await Clockworks(check_every_seconds=0).of_one(connection, tenant)
    return work._limits.of(category, grade)[Stage.RESOLVE]


async def test_a_rule_names_no_category_that_is_not_there(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    unknown = [("/rules/0/when/categories/1", "unknown-category")]

    async def flaws(first: str = "city", second: str = "snow") -> list[tuple[str, str]]:
        answer = await put(world, rule("snow", {"categories": [first, second]}, {"grade": "urgent"}), tenant=tenant)
        return [] if answer.status_code == 200 else await errors(answer)

    assert await flaws("safety", "safety.strung_wires") == []  # the county has what is shipped
    assert await flaws("safety", "safety.strung_wire") == unknown
    await tell(world, tenant, code="city")  # it has been configured, and has told of all that there is
    assert len(await flaws("safety", "safety.strung_wires")) == 2
    assert await flaws() == unknown
    await tell(world, tenant, code="snow")
    assert await flaws() == []
    await tell(world, tenant, 2, code="snow", removed=True)
    assert await flaws() == unknown


async def test_a_rule_names_no_source_that_is_not_there(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    unknown = ("/rules/0/when/sources/1", "unknown-source")

    async def source(sequence: int, code: str, *, removed: bool = False) -> None:
        facts = {"version": 2, "zh": "来源", "en": "Source", "proactive": False, "code": code, "removed": removed}
        await tell_of(world, tenant, sequence, SourceChanged.model_validate(facts))

    async def flaws(second: str) -> list[tuple[str, str]]:
        answer = await put(world, rule("x", {"sources": ["hotline", second]}, {"grade": "urgent"}), tenant=tenant)
        return [] if answer.status_code == 200 else await errors(answer)

    assert (await flaws("hotlin"), await flaws("media")) == ([unknown], [])  # the county has what is shipped
    await tell(world, tenant, code="city")  # it has been configured, perhaps before dispatch knew of sources
    assert await flaws("hotlin") == []
    await source(2, "drone")
    assert (await flaws("hotlin"), await flaws("drone"), await flaws("media")) == ([unknown], [], [])
    await source(3, "drone", removed=True)
    await source(1, "drone")  # an older word
    await source(2, "media", removed=True)
    assert (await flaws("drone"), await flaws("media")) == ([unknown], [unknown])


async def test_a_rule_asks_of_no_source_what_it_is_not(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"

    async def source(sequence: int, *, proactive: bool) -> None:
        facts = {"version": 2, "zh": "无人机", "en": "Drone", "proactive": proactive, "code": "drone"}
        await tell_of(world, tenant, sequence, SourceChanged.model_validate(facts))

    async def flaws(*sources: str, proactive: bool) -> list[tuple[str, str]]:
        when = {"sources": sources, "proactive": proactive}
        answer = await put(world, rule("x", when, {"grade": "urgent"}), tenant=tenant)
        return [] if answer.status_code == 200 else await errors(answer)

    refused = [("/rules/0/when/proactive", "sources-contradict")]
    await source(1, proactive=False)
    assert (await flaws("drone", proactive=True), await flaws("drone", proactive=False)) == (refused, [])
    assert (await flaws("drone", "media", proactive=True), await flaws("drone", "hotline", proactive=True)) == (
        [],
        refused,
    )
    await source(2, proactive=True)
    assert (await flaws("drone", proactive=True), await flaws("drone", proactive=False)) == ([], refused)
    await world.run(
        "UPDATE clock_setting SET content = jsonb_set(content, '{drone}', (content -> 'drone') - 'proactive')"
        " WHERE tenant = :tenant AND name = 'sources'",
        tenant=tenant,
    )  # as it was told before dispatch kept that
    assert (await flaws("drone", proactive=True), await flaws("drone", proactive=False)) == ([], [])


async def test_a_rule_in_force_stays_on_when_its_source_goes(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    await publish(world, rule("x", {"sources": ["media"]}, {"grade": "urgent"}), tenant=tenant)
    gone = SourceChanged(version=2, code="media", zh="媒体", en="Media", proactive=False, removed=True)
    await tell_of(world, tenant, 2, gone)
    await world.deliver(received(tenant=tenant))
    state = (await world.send("GET", f"{V1}/rules/state", role="analyst", tenant=tenant)).json()
    assert [each["off_since"] for each in state["rules"]] == [None]


async def test_a_limit_of_a_category_counts_before_what_is_shipped(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    assert await resolve(world, tenant, "street_order.parking") == Allowance(8, Unit.WORKING_HOURS)
    await tell(world, tenant, code="street_order", resolve=hours(5))
    await tell(world, tenant, code="snow", resolve=hours(6), accept=hours(1))

    assert await resolve(world, tenant, "street_order.parking") == Allowance(5, Unit.HOURS)
    assert await resolve(world, tenant, "snow.road") == Allowance(6, Unit.HOURS)
    assert await resolve(world, tenant, "safety", Grade.EMERGENCY) == Allowance(4, Unit.HOURS), "as shipped"
    assert await resolve(world, "somebody-else", "snow") == Allowance(3, Unit.WORKING_DAYS)


async def test_a_table_of_the_tenants_own_counts_before_that(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    await tell(world, tenant, code="street_order", resolve=hours(5))
    await tell(world, tenant, code="snow", resolve=hours(6))
    general = [{"stage": stage, "amount": 9, "unit": "hours"} for stage in ("accept", "on_site", "resolve")]
    own = {"category": "street_order", "stage": "resolve", "amount": 7, "unit": "hours"}
    answer = await world.send("PUT", f"{V1}/limits", role="admin", json={"limits": [*general, own]}, tenant=tenant)
    assert answer.status_code == 200

    assert await resolve(world, tenant, "street_order.parking") == Allowance(7, Unit.HOURS)
    assert await resolve(world, tenant, "snow") == Allowance(6, Unit.HOURS), "more specific than the general line"
    assert await resolve(world, tenant, "other") == Allowance(9, Unit.HOURS)
    shown = (await world.send("GET", f"{V1}/limits", role="analyst", tenant=tenant)).json()
    assert [(line["category"], line["amount"]) for line in shown["of_categories"]] == [("snow", 6), ("street_order", 5)]


async def test_the_newest_word_counts_and_a_removed_category_has_no_limit(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    await tell(world, tenant, 2, code="snow", resolve=hours(6))
    await tell(world, tenant, 1, code="snow", resolve=hours(99))
    assert await resolve(world, tenant, "snow") == Allowance(6, Unit.HOURS)
    await tell(world, tenant, 3, code="snow", resolve=hours(6), removed=True)
    assert await resolve(world, tenant, "snow") == Allowance(3, Unit.WORKING_DAYS)


async def test_clocks_of_open_cases_follow_and_only_where_a_limit_has_changed(world: World) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    event = received(tenant=tenant, category="snow")
    await world.deliver(event)
    works = Clockworks(check_every_seconds=0)
    await renew_clocks(world.engine, works)
    before = await world.row(event)
    await tell(world, tenant, 1, code="other")
    assert (await world.row(event))["clock_version"] == before["clock_version"]
    await tell(world, tenant, 1, code="snow", resolve=hours(2))
    await renew_clocks(world.engine, works)
    after = await world.row(event)
    assert after["clock_version"] == before["clock_version"] + 1
    assert after["promised_at"] - after["begun_at"] == timedelta(hours=2)
    await tell(world, tenant, 2, code="snow", resolve=hours(2), legal_basis="新法")
    await renew_clocks(world.engine, works)
    assert (await world.row(event))["clock_version"] == after["clock_version"]


def test_what_intake_and_dispatch_ship_says_the_same() -> None:
    told = {
        each.code: {"limits": each.limits.model_dump(exclude_none=True)} for each in shipped().configuration.categories
    }
    apart, together = limits_of(lines_of({})), limits_of(lines_of({"categories": told}))
    for code in told:
        for grade in Grade:
            assert together.of(code, grade) == apart.of(code, grade), code
