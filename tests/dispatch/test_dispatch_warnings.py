"""Each event that says a promised time says with it when the light turns yellow, as the case has it."""

from dispatch.asking import grant, moment
from dispatch.world import TOWN, World, received


async def test_events_say_when_the_light_turns_yellow(world: World) -> None:
    event = received(TOWN, category="environment.litter")
    await world.deliver(event)
    times = [await world.row(event)]
    for steps in (("accept",), ("extension",), ("suspension", "resumption")):
        if steps == ("accept",):
            await world.act(event, "accept", {}, role="officer")
        else:
            await grant(world, event, *steps)
        times.append(await world.row(event))
    assert times[0]["warn_at"] < times[2]["warn_at"]

    said = {row["type"]: row["payload"] for row in await world.published(event)}

    for event_type, row in (("assigned", times[0]), ("extended", times[2]), ("resumed", times[3])):
        payload = said[f"complaint.{event_type}"]
        assert moment(payload["warn_at"]) == row["warn_at"]
        assert moment(payload["promised_at"]) == row["promised_at"]
    assert said["complaint.suspended"]["warn_at"] == said["complaint.extended"]["warn_at"]
