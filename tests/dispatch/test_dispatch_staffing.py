"""Within a team the officer is chosen; while nobody is on duty, the case waits or goes to the duty desk.

Each test has a team of its own, so that no roster of another is in its way.
"""

from datetime import timedelta
from typing import Any

import pytest

from contracts.lifecycle import EventType
from dispatch.asking import shown
from dispatch.ruling import RULES, can, on_duty, place_of, publish, routed, rule, stands
from dispatch.statements import statements
from dispatch.world import World, later, received
from dispatch_service.persistence.staff import MOST_COUNTED
from runtime.clock import now

HOUR = timedelta(hours=1)


async def choice_of(world: World, event: Any) -> dict[str, Any]:
    """Return what is told of the choice, without what is null."""
    told = (await shown(world, event))["explanation"]["choice"]
    return {name: value for name, value in told.items() if value is not None}


async def test_a_team_without_a_roster_has_its_cases_for_itself(world: World) -> None:
    await on_duty(world, "team-01", "officer-0101")

    _, row = await routed(world, at=await place_of(world, 2))

    assert (row["team"], row["assignee"], row["expected_from"]) == ("team-02", None, None)
    assert "choice" not in row["explanation"]


async def test_the_nearest_of_those_on_duty_is_chosen(world: World) -> None:
    lon, lat = await place_of(world, 3)
    for subject, ends in (("near", HOUR), ("far", HOUR), ("gone", -timedelta(minutes=1))):
        await on_duty(world, "team-03", subject, ends=ends)
    await on_duty(world, "team-03", "on-leave", state="leave")
    await stands(world, "far", (lon + 0.02, lat))
    await stands(world, "near", (lon + 0.001, lat))
    await stands(world, "near", (lon + 0.02, lat), ago=2 * HOUR)
    await stands(world, "gone", (lon, lat))
    await stands(world, "on-leave", (lon, lat))

    event, row = await routed(world, at=(lon, lat))

    assert (row["team"], row["assignee"], row["officer"]) == ("team-03", "near", None)
    (assigned,) = await world.published(event)
    assert assigned["payload"]["officer"] == "near"
    choice = await choice_of(world, event)
    assert 90 < choice.pop("metres") < 110
    assert choice == {
        "officer": "near",
        "why": "nearest",
        "on_duty": 2,
        "with_skill": 2,
        "located": 2,
        "open_cases": 0,
    }


async def test_equally_near_the_fewest_open_cases_decide_also_within_a_slice(world: World) -> None:
    place = await place_of(world, 4)
    for subject in ("b", "a", "c"):
        await on_duty(world, "team-04", subject)
        await stands(world, subject, place)
    events = [received(place) for _ in range(7)]

    await world.deliver(*events)

    assert [(await world.row(event))["assignee"] for event in events] == ["a", "b", "c", "a", "b", "c", "a"]
    assert (await choice_of(world, events[0]))["why"] == "first_by_name"
    assert (await choice_of(world, events[2]))["why"] == "fewest_cases"
    assert (await choice_of(world, events[6]))["open_cases"] == 2


async def test_of_very_many_open_cases_some_are_counted(world: World) -> None:
    place = await place_of(world, 13)
    await on_duty(world, "team-13", "flooded")
    await world.deliver(*(received(place) for _ in range(MOST_COUNTED + 1)))
    last = received(place)

    await world.deliver(last)

    assert (await choice_of(world, last))["open_cases"] == MOST_COUNTED


async def test_a_case_whose_work_has_ended_is_no_load_and_who_accepts_it_has_it(world: World) -> None:
    place = await place_of(world, 5)
    await on_duty(world, "team-05", "officer-0501")
    await on_duty(world, "team-05", "officer-0502")
    first, second = received(place), received(place)
    await world.deliver(first, second)
    await world.act(first, "accept", role="officer", subject="officer-0502")
    await world.deliver(later(second, EventType.RELEASE_REQUESTED))

    third, row = await routed(world, at=place)

    assert (await world.row(first))["assignee"] == "officer-0502"
    assert row["assignee"] == "officer-0501"  # 0502 has the first by accepting it, and the second was withdrawn
    assert (await choice_of(world, third))["open_cases"] == 0


async def test_the_skill_that_a_rule_asks_for_is_needed(world: World) -> None:
    place = await place_of(world, 6)
    await on_duty(world, "team-06", "plain")
    await on_duty(world, "team-06", "electrician")
    await stands(world, "plain", place)
    await can(world, "electrician", "electric", "mediation")
    await can(world, "elsewhere", "dog_handling")
    await publish(
        world,
        rule("wires", {"words": ["电线"]}, {"skill": "electric", "stop": False}),
        rule("dogs", {"words": ["犬"]}, {"skill": "dog_handling", "stop": False}),
    )

    wires, row = await routed(world, at=place, description="电线垂落")
    dogs, nobody = await routed(world, at=place, description="犬只伤人")

    assert row["assignee"] == "electrician"
    assert await choice_of(world, wires) == {
        "officer": "electrician",
        "why": "only_one",
        "on_duty": 2,
        "with_skill": 1,
        "located": 0,
        "open_cases": 0,
    }
    assert (nobody["team"], nobody["assignee"]) == ("team-06", None)
    choice = await choice_of(world, dogs)
    assert (choice["why"], choice["on_duty"], choice["with_skill"]) == ("nobody_with_skill", 2, 0)
    assert (await shown(world, dogs))["explanation"]["skill"] == "dog_handling"


async def test_an_ordinary_case_waits_for_the_next_shift_and_an_urgent_one_goes_to_the_duty_desk(world: World) -> None:
    place = await place_of(world, 7)
    begins = timedelta(minutes=20)  # before any ordinary case has to be accepted
    await on_duty(world, "team-07", "officer-0701", begins=begins, ends=3 * HOUR)
    await on_duty(world, "team-07", "officer-0701", begins=27 * HOUR, ends=30 * HOUR)
    await on_duty(world, "duty-desk", "desk-officer")
    await publish(world, rule("gas", {"words": ["燃气"]}, {"grade": "urgent", "stop": False}))

    calm, waits = await routed(world, at=place, category=None)
    gas, now_ = await routed(world, at=place, category=None, description="燃气泄漏")

    assert (waits["team"], waits["assignee"]) == ("team-07", None)
    assert abs(waits["expected_from"] - now() - begins) < timedelta(minutes=5)
    assert (await choice_of(world, calm))["why"] == "nobody_on_duty"
    assert (now_["team"], now_["assignee"], now_["expected_from"]) == ("duty-desk", "desk-officer", None)
    told = (await shown(world, gas))["explanation"]
    assert (told["rule"], told["team"], told["instead_of"]) == ("duty_desk", "duty-desk", "team-07")
    assert (told["grid"], told["rules"]) == ("grid-07", ["gas"])
    (assigned,) = await world.published(gas)
    assert (assigned["payload"]["rule"], assigned["payload"]["officer"]) == ("duty_desk", "desk-officer")


async def test_what_has_to_be_accepted_before_the_next_shift_is_urgent_by_its_limit(world: World) -> None:
    place = await place_of(world, 8)
    await on_duty(world, "team-08", "officer-0801", begins=13 * timedelta(days=1), ends=14 * timedelta(days=1))

    _, row = await routed(world, at=place, category="safety.strung_wires")

    assert (row["team"], row["explanation"]["instead_of"]) == ("duty-desk", "team-08")


async def test_a_dispatcher_who_sends_a_case_on_takes_the_choice_back(world: World) -> None:
    place = await place_of(world, 9)
    await on_duty(world, "team-09", "officer-0901")
    event, row = await routed(world, at=place)

    answer = await world.act(event, "assign", {"team": "team-10"}, role="dispatcher")

    assert (row["assignee"], answer.json()["assignee"]) == ("officer-0901", None)
    assert answer.json()["explanation"]["choice"] is None


async def test_the_policy_leaves_the_choice_to_the_team_and_urgent_cases_to_the_next_shift(world: World) -> None:
    place = await place_of(world, 11)
    await on_duty(world, "team-11", "officer-1101")
    await on_duty(world, "team-12", "officer-1201", begins=5 * HOUR, ends=6 * HOUR)
    await publish(world, rule("urgent", {}, {"grade": "emergency", "stop": False}))
    policy = {"choose_officer": False, "urgent": "next_shift"}
    await world.send("PUT", f"{RULES}/policy", role="supervisor", json=policy)

    _, there = await routed(world, at=place)
    _, waits = await routed(world, at=await place_of(world, 12))

    await world.send("PUT", f"{RULES}/policy", role="supervisor", json={})
    assert (there["team"], there["assignee"]) == ("team-11", None)
    assert "choice" not in there["explanation"]
    assert (waits["team"], "choice" in waits["explanation"]) == ("team-12", False)
    assert waits["expected_from"] is not None


@pytest.mark.parametrize(("minutes", "chosen"), [(5, "z-near"), (90, "a-far")])
async def test_a_position_that_is_too_old_says_nothing(world: World, minutes: int, chosen: str) -> None:
    team = 13 if minutes == 5 else 14
    lon, lat = await place_of(world, team)
    for subject in (f"z-near-{team}", f"a-far-{team}"):
        await on_duty(world, f"team-{team}", subject)
    await stands(world, f"z-near-{team}", (lon, lat), ago=timedelta(minutes=minutes))
    await stands(world, f"a-far-{team}", (lon + 0.05, lat))

    _, row = await routed(world, at=(lon, lat))

    assert row["assignee"] == f"{chosen}-{team}"


async def test_choosing_takes_as_many_statements_whatever_the_size(world: World) -> None:
    places = [await place_of(world, number) for number in (3, 4, 13)]
    sizes = []
    for size in (3, 90):
        with statements(world) as executed:
            await world.deliver(*[received(places[index % 3]) for index in range(size)])
        sizes.append(len(executed))

    assert sizes[0] == sizes[1] < 12
