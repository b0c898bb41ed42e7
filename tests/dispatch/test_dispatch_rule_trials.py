"""Rules are tried on past cases before they are in force."""

import asyncio
from datetime import timedelta
from typing import Any

from dispatch.asking import problem
from dispatch.ruling import RULES, errors, publish, put, rule
from dispatch.world import FAR_AWAY, NEIGHBOUR, World, received
from runtime.clock import now


async def dry_run(world: World, **body: Any) -> Any:
    moment = now()
    period = {"from": (moment - timedelta(hours=1)).isoformat(), "to": (moment + timedelta(hours=1)).isoformat()}
    options = {key: body.pop(key) for key in ("role", "tenant") if key in body}
    return await world.send("POST", f"{RULES}/dry-run", **{"role": "dispatcher", **options}, json={**period, **body})


async def test_each_rule_says_what_it_would_have_changed_with_samples(world: World) -> None:
    await world.run("DELETE FROM dispatch_case")
    noise = [received(category="noise_and_fumes.bars", description=f"吵 {index}") for index in range(3)]
    others = [received(), received(FAR_AWAY), received(attributes={"floor": 12.0})]
    await world.deliver(*noise, *others, received(tenant=NEIGHBOUR))
    rules = [
        rule("noise", {"categories": ["noise_and_fumes"]}, {"team": "team-02", "supporting": ["team-03"]}),
        rule("high", {"attributes": [{"name": "floor", "at_least": 10}]}, {"grade": "urgent", "stop": False}),
        rule("same", {"grids": ["grid-08"]}, {"team": "team-08"}),
        rule("never", {"sources": ["media"]}, {"team": "team-09"}),
        rule("kept", enabled=False),
    ]

    answer = await dry_run(world, rules=rules, samples=2)

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert {key: told[key] for key in ("cases", "capped", "unmatched", "changed")} == {
        "cases": 6,
        "capped": False,
        "unmatched": 1,
        "changed": 4,
    }
    by_code = {each["code"]: each for each in told["rules"]}
    counts = {code: (each["matched"], each["decided"], each["changed"]) for code, each in by_code.items()}
    assert counts == {"noise": (3, 3, 3), "high": (1, 0, 1), "same": (2, 2, 1), "never": (0, 0, 0)}
    newest = by_code["noise"]["samples"][0]
    assert newest == {
        "complaint_id": str(noise[2].subject),
        "number": newest["number"],
        "team": "team-08",
        "team_then": "team-02",
        "instead_of_then": None,
        "grade": "ordinary",
        "grade_then": "ordinary",
        "supporting_then": ["team-03"],
    }
    assert len(by_code["noise"]["samples"]) == 2
    assert [each["grade_then"] for each in by_code["same"]["samples"]] == ["urgent", "ordinary"]
    assert (await world.row(noise[0]))["team"] == "team-08"


async def test_the_draft_is_tried_and_the_cap_is_told(world: World) -> None:
    await world.deliver(*[received(description="capped") for _ in range(5)])
    await publish(world, rule("in-force", {"words": ["x"]}))
    await put(world, rule("draft", {"words": ["capped"]}))

    told = (await dry_run(world, most=3)).json()
    whole = (await dry_run(world, most=20_000)).json()

    assert (told["cases"], told["capped"]) == (3, True)
    assert [each["code"] for each in told["rules"]] == ["draft"]
    assert (whole["capped"], whole["rules"][0]["matched"]) == (False, 5)


async def test_more_cases_than_are_read_at_once_are_all_tried(world: World) -> None:
    await world.run("DELETE FROM dispatch_case")
    await world.deliver(*[received() for _ in range(700)])
    await world.deliver(*[received() for _ in range(301)])

    told = (await dry_run(world, rules=[rule("all")], most=1_001)).json()

    assert (told["cases"], told["capped"], told["rules"][0]["matched"]) == (1_001, False, 1_001)


async def test_a_period_may_reach_as_far_as_times_do(world: World) -> None:
    ages = {"from": "1900-01-01T00:00:00Z", "to": "9998-01-01T00:00:00Z"}

    assert (await dry_run(world, rules=[], **ages)).status_code == 200
    assert (await dry_run(world, rules=[], **{**ages, "to": "1901-01-01T00:00:00Z"})).json()["cases"] == 0


async def test_bad_rules_periods_and_callers_are_refused(world: World) -> None:
    bad = await dry_run(world, rules=[rule("bad", {}, {"team": "team-99"})])
    reversed_ = await dry_run(world, **{"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"})
    too_many = await dry_run(world, most=20_001)

    assert await errors(bad) == [("/rules/0/then/team", "unknown-team")]
    assert problem(reversed_) == (422, "period-reversed")
    assert await errors(too_many) == [("/most", "less_than_equal")]
    assert (await dry_run(world, rules=[], role="officer")).status_code == 403
    assert problem(await dry_run(world, tenant=NEIGHBOUR)) == (409, "no-draft")


async def test_one_dry_run_at_a_time(world: World) -> None:
    answers = await asyncio.gather(*(dry_run(world, rules=[rule("all")]) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [200, 429, 429]
    busy = next(answer for answer in answers if answer.status_code == 429)
    assert problem(busy) == (429, "dry-run-busy")
    assert busy.headers["Retry-After"] == "5"
