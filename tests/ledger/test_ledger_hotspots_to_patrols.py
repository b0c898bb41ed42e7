"""A hot spot that the ledger has found among complaints becomes the patrol that dispatch suggests."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from dispatch_service import demo
from dispatch_service.events.hotspots import subscription
from dispatch_service.persistence.territory import Territory
from ledger.conftest import Enter
from ledger.county import LAMPS, County
from outboxes import as_message
from runtime.database import create_engine, run_migrations
from stack import MakeDatabase


async def test_dispatch_suggests_a_patrol_for_the_ledgers_own_hot_spot(
    engine: AsyncEngine, enter: Enter, databases: MakeDatabase
) -> None:
    county = County(engine, enter, "t-suggested")
    await county.past()
    made = await county.burst(9)
    await county.look(hours=1)
    await county.look(hours=24 * 12)
    url = await databases()
    run_migrations("dispatch_service", url)
    await demo.load(url, county.tenant)
    dispatch = create_engine(url, application_name="dispatch of the tests")
    patrols = subscription(Territory())

    found = []
    for number, row in enumerate(await county.told()):
        assert (await patrols.apply(dispatch, [as_message(row._mapping, number)])).applied == 1
        async with dispatch.connect() as connection:
            found.append((await connection.execute(sa.text("SELECT * FROM patrol_suggestion"))).mappings().one())
    await dispatch.dispose()

    suggested, over = found
    assert (str(suggested["id"]), suggested["tenant"], suggested["state"]) == (row.aggregateid, county.tenant, "open")
    assert suggested["hotspot"]["category"] == LAMPS
    assert {str(history.id) for history in made} <= set(suggested["hotspot"]["evidence"])
    assert suggested["team"].startswith("team-")
    assert suggested["grid"].startswith("grid-")
    assert (over["state"], over["sequence"]) == ("ended", 2)
