"""What a tenant has set: clocks are renewed, and read, for what they go by alone."""

from typing import Any

import pytest

from contracts.directory import SourceChanged
from dispatch.test_dispatch_category_limits import hours, tell, tell_of
from dispatch.test_dispatch_clocks import put
from dispatch.world import World, received
from dispatch_service.domain.limits import Allowance, Unit
from dispatch_service.persistence import clock_settings
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks
from dispatch_service.service.request_rules import longest_suspension
from runtime.ids import uuid7

FIVE_DAYS = {"amount": 5, "unit": "days"}
SUPERVISION = {"levels": [{"level": 100, "answer_within": FIVE_DAYS}]}
SUSPENSION = {"longest": FIVE_DAYS}
REPLIES = {"replies": [{"code": "cleared", "action": "resolve", "zh": "已清理", "en": "Cleared"}]}


def a_tenant() -> str:
    return f"t{uuid7().hex[-8:]}"


@pytest.mark.parametrize("is_limit_set", [False, True])
@pytest.mark.parametrize(("rule", "body"), [("supervision-rule", SUPERVISION), ("suspension-rule", SUSPENSION)])
async def test_a_rule_that_moves_no_clock_is_heard_of_and_renews_none(
    world: World, rule: str, body: Any, is_limit_set: bool
) -> None:
    tenant, works = a_tenant(), Clockworks(check_every_seconds=0)
    if is_limit_set:
        await tell(world, tenant, 1, code="snow", resolve=hours(6))
    event = received(tenant=tenant)
    await world.deliver(event)
    await renew_clocks(world.engine, works)
    before = await world.row(event)

    assert (await put(world, rule, body, tenant=tenant)).status_code == 200
    await renew_clocks(world.engine, works)

    assert await world.row(event) == before
    async with world.engine.connect() as connection:
        longest = await longest_suspension(connection, tenant)
    heard = works.supervision(tenant).get(100) if rule == "supervision-rule" else longest
    assert heard == Allowance(5, Unit.DAYS)


async def test_what_no_clock_goes_by_is_not_read_with_the_others(world: World) -> None:
    tenant = a_tenant()
    await tell(world, tenant, 1, code="snow", resolve=hours(6))
    await tell_of(world, tenant, 1, SourceChanged(version=2, zh="来源", en="Source", code="walk_in", proactive=False))
    await put(world, "suspension-rule", SUSPENSION, tenant=tenant)
    await put(world, "extension-rule", {"longest": FIVE_DAYS, "most": 2}, tenant=tenant)
    for path, body in (("replies", REPLIES), ("field-work", {"far_start_metres": 500, "photos": []})):
        answer = await put(world, path, body, tenant=tenant)
        assert answer.status_code == 200, answer.text

    async with world.engine.connect() as connection:
        contents = await clock_settings.contents(connection, [tenant])
    assert set(contents[tenant]) == {"categories", "extension_rule"}
