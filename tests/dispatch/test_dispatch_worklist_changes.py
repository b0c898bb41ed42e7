"""How a device keeps its worklist up to date."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from dispatch.asking import moment, problem
from dispatch.worklists import WORKLIST, cases_at, found, walk
from dispatch.world import World
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.forgetting import forget_old
from dispatch_service.service.renewing import renew_clocks


class Device:
    """A phone that keeps its worklist and asks only for what has changed."""

    def __init__(self, world: World, subject: str) -> None:
        self._world = world
        self._subject = subject
        self._since: str | None = None
        self.cases: dict[str, dict[str, Any]] = {}

    async def sync(self) -> tuple[int, int]:
        """Follow the changes; return how many items and how many tombstones came."""
        query = "" if self._since is None else f"?updated_after={quote(self._since)}"
        response = await self._world.send("GET", WORKLIST + query, role="officer", subject=self._subject)
        assert response.status_code == 200, response.text
        answer = response.json()
        self._since = answer["updated_after"]
        for case in answer["gone"]:
            self.cases.pop(case, None)
        self.cases |= {item["complaint_id"]: item for item in answer["items"]}
        return len(answer["items"]), len(answer["gone"])


async def age(world: World) -> None:
    """Let everything that has happened so far be some time ago."""
    await world.run("UPDATE dispatch_case SET updated_at = updated_at - interval '1 hour'")
    await world.run("UPDATE team_departure SET at = at - interval '1 hour'")


async def test_a_device_follows_what_changes_and_what_leaves(world: World, crew: str) -> None:
    stays, taken, moved, ended, comes = await cases_at(world, 1, 2, 3, 4, 5)
    await world.act(comes, "assign", {"team": "team-03"}, role="dispatcher")
    await age(world)
    device = Device(world, crew)
    await device.sync()
    assert set(device.cases) == {str(event.subject) for event in (stays, taken, moved, ended)}

    assert await device.sync() == (0, 0)
    await world.act(taken, "accept", role="officer", subject=crew)
    await world.act(moved, "assign", {"team": "team-03"}, role="dispatcher")
    for step in ("accept", "start", "resolve"):
        await world.act(ended, step, role="officer", subject=crew)
    await world.act(comes, "assign", {"team": "team-08"}, role="dispatcher")
    assert await device.sync() == (2, 2)

    whole = Device(world, crew)
    await whole.sync()
    assert device.cases == whole.cases
    assert device.cases[str(taken.subject)]["status"] == "accepted"


async def test_a_case_that_leaves_and_comes_back_is_there(world: World, crew: str) -> None:
    (event,) = await cases_at(world, 1)
    await age(world)
    device = Device(world, crew)
    await device.sync()

    for team in ("team-03", "team-08"):
        await world.act(event, "assign", {"team": team}, role="dispatcher")

    assert await device.sync() == (1, 0)
    await world.act(event, "assign", {"team": "team-03"}, role="dispatcher")
    assert await device.sync() == (0, 1)
    assert device.cases == {}


async def test_what_is_committed_late_is_not_missed(world: World, crew: str) -> None:
    response = await world.send("GET", WORKLIST, role="officer", subject=crew)
    since = moment(response.json()["updated_after"])
    (event,) = await cases_at(world, 1)
    await world.run(
        "UPDATE dispatch_case SET updated_at = :late WHERE complaint_id = :id",
        late=since + timedelta(seconds=1),
        id=event.subject,
    )

    items = await walk(world, WORKLIST, crew, updated_after=since.isoformat())

    assert found(items) == [str(event.subject)]


async def test_a_device_that_was_away_too_long_asks_for_the_whole_list(world: World, crew: str) -> None:
    month = quote((moment("2026-01-01T00:00:00+00:00")).isoformat())
    assert problem(await world.send("GET", f"{WORKLIST}?updated_after={month}", role="officer", subject=crew)) == (
        409,
        "worklist-outdated",
    )
    response = await world.send("GET", WORKLIST, role="officer", subject=crew)
    since = quote(response.json()["updated_after"])
    await world.run(
        "INSERT INTO team_departure SELECT '522723', 'team-08', gen_random_uuid(), now() FROM generate_series(1, 1001)"
    )
    assert problem(await world.send("GET", f"{WORKLIST}?updated_after={since}", role="officer", subject=crew)) == (
        409,
        "worklist-outdated",
    )


async def test_departures_are_forgotten_after_their_time(world: World, crew: str) -> None:
    await world.run(
        "INSERT INTO team_departure SELECT '522723', 'team-08', gen_random_uuid(), now() - days * interval '1 day'"
        " FROM unnest(ARRAY[1, 30, 32, 60]) AS days"
    )
    await forget_old(world.engine)

    assert len((await world.snapshot("team_departure"))["team_departure"]) == 2


async def test_a_device_hears_of_another_promised_time(world: World, crew: str) -> None:
    (event,) = await cases_at(world, 1)
    await renew_clocks(world.engine, Clockworks())
    await age(world)
    device = Device(world, crew)
    await device.sync()
    before = device.cases[str(event.subject)]["promised_at"]
    await world.run("UPDATE dispatch_case SET clock_version = 0")
    await renew_clocks(world.engine, Clockworks())
    assert await device.sync() == (0, 0)  # reckoned again, and the same

    shown = (await world.send("GET", "/dispatch/v1/limits", role="admin")).json()
    lines = [line | {"amount": line["amount"] + 1} if line["stage"] == "resolve" else line for line in shown["limits"]]
    changed = await world.send("PUT", "/dispatch/v1/limits", role="admin", json={"limits": lines})
    assert changed.status_code == 200, changed.text
    await renew_clocks(world.engine, Clockworks())

    assert await device.sync() == (1, 0)
    assert device.cases[str(event.subject)]["promised_at"] > before
