"""A county as users have it: routing rules in force, and rosters for its teams, put over REST."""

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import httpx

from bench.platform import Platform, token
from dispatch_service.domain.shipped import shipped_codes

_TEAMS = 15
_SHIFTS = ("morning", "morning", "noon", "evening", "night")
"""Of each member of a team: together they are a day and a night, so that it matters little when a benchmark runs."""
_NIGHT = {"name": "夜班", "begins": "22:00", "ends": "06:30"}
_SKILLS = ("parking", "electric", "dog_handling", "mediation")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let the caller say what the county has."""
    parser.add_argument("--rules", type=int, default=50, help="routing rules in force; 0: none")
    parser.add_argument(
        "--rosters", action=argparse.BooleanOptionalAction, default=True, help="rosters for all teams, day and night"
    )


async def furnish(running: Platform, options: argparse.Namespace) -> dict[str, int]:
    """Put what the options ask for, and return how many rules and rosters there are."""
    rosters = _TEAMS if options.rosters else 0
    if options.rules or rosters:
        process = await running.serve("dispatch", "api")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.port}/dispatch/v1", timeout=60) as client:
            if options.rules:
                await _put(client, "supervisor", "PUT", "/rules", {"rules": list(_rules(options.rules))})
                await _put(client, "supervisor", "POST", "/rules/publication", {})
            if rosters:
                await _put(client, "admin", "PUT", "/shifts/night", _NIGHT)
            for team in range(1, rosters + 1):
                await _put(client, "dispatcher", "PUT", _roster_of(team), {"week": list(_week(team))})
        await running.stop(process)
    print(f"the county has {options.rules} routing rules and rosters for {rosters} teams", flush=True)
    return {"rules": options.rules, "rosters": rosters}


async def _put(client: httpx.AsyncClient, role: str, method: str, path: str, body: Any) -> None:
    answer = await client.request(method, path, json=body, headers={"Authorization": f"Bearer {token(role)}"})
    if answer.is_error:
        raise SystemExit(f"{method} {path}: {answer.text}")


def _rules(count: int) -> Iterator[dict[str, Any]]:
    """Yield rules as users write them, about a place each: another team, help, an officer with a skill, a grade."""
    random, categories = Random(522723), sorted(shipped_codes("categories"))
    for number in range(count):
        when: dict[str, Any] = {"circles": [_circle(random)]}
        if number % 3:
            when["categories"] = ["street_order", categories[number % len(categories)]]
        if number % 4 == 0:
            when["times"] = [{"begins": "07:00", "ends": "19:00"}]
        if number % 5 == 0:
            when["words"] = [f"路口{number}", "停"]
        effects: list[dict[str, Any]] = [
            {"team": f"team-{number % _TEAMS + 1:02}"},
            {"skill": _SKILLS[number % len(_SKILLS)], "stop": False},
            {"supporting": [f"team-{number % _TEAMS + 1:02}"], "stop": False},
            {"grade": "urgent", "stop": False},
        ]
        name = {"zh": f"规则{number}", "en": f"Rule {number}"}
        yield {"code": f"rule-{number:03}", "name": name, "when": when, "then": effects[number % len(effects)]}


def _circle(random: Random) -> dict[str, Any]:
    lon, lat = 107.2357 + random.uniform(-0.05, 0.05), 26.5807 + random.uniform(-0.04, 0.04)
    return {"lon": round(lon, 6), "lat": round(lat, 6), "metres": 300 + random.randrange(700)}


def _roster_of(team: int) -> str:
    today = date.today()  # noqa: DTZ011 - a day more or less
    return f"/rosters/team-{team:02}?from={today - timedelta(days=2)}&to={today + timedelta(days=14)}"


def _week(team: int) -> Iterator[dict[str, Any]]:
    for weekday in range(1, 8):
        for place, shift in enumerate(_SHIFTS, start=1):
            yield {"weekday": weekday, "shift": shift, "subject": f"officer-{team:02}{place:02}"}
