"""`jieban simulate`: a period's cases against another roster, map of grids, rule set or make-up of teams."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from contracts.roles import Role
from dispatch_service.domain.simulation.travel import Travel
from jieban.commands.options import DataDirOption
from jieban.rest import DEFAULT_URL, AtOption, TokenOption, UrlOption, bearer, service_url
from jieban.services import ServiceName
from jieban.simulator import running
from jieban.simulator.asking import Dispatch
from jieban.simulator.report import as_json
from jieban.simulator.running import Files, Question
from jieban.simulator.showing import show
from jieban.simulator.texts import Words
from runtime.problems.language import Language

HELP = """
Replay a period's cases against another roster, map of grids, rule set or
make-up of teams 推演, and show side by side what was, what the present settings
would give, and what the proposal would give.

It asks dispatch over REST and changes nothing there. Officers on duty take
their team's cases by the promised time, go there, and work as long as was
recorded. All assumptions are printed; how near the simulated present is to the
record says how far to trust the rest. The same input gives the same figures.

[bold]Files[/bold] are as the API takes them. Any of them, or none to see how well
the present is simulated:

  --roster  .json, .yaml: {"team-08": {"week": […], "duties": […]}}
            each as PUT /dispatch/v1/rosters/team-08
            .csv: team, day (or weekday, Monday is 1), shift, subject, post
  --grids   .geojson: the whole map, as PUT /dispatch/v1/grids
  --rules   .json, .yaml: {"rules": […]}, as PUT /dispatch/v1/rules
  --teams   .json, .yaml: {"team-16": {"name": …, "members": […]}}
            each as PUT /dispatch/v1/teams/team-16

[bold]Examples[/bold]

  jieban simulate --from 2026-11-01 --to 2026-11-30
  jieban simulate --from 2026-11-01 --to 2026-11-30 --roster evenings.csv
  jieban simulate --grids sixteen.geojson --teams sixteen.json --speed 20
  jieban simulate --rules draft.yaml --json > comparison.json
"""
_MOVES_IN_JSON = 1_000


class Lang(StrEnum):
    """Of the report."""

    ZH = "zh"
    EN = "en"


def simulate(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day of receipt. [default: 30 days before the last]"),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of receipt. [default: today]")
    ] = None,
    roster: Annotated[Path | None, typer.Option(help="Duties of the teams that it names, instead of theirs.")] = None,
    grids: Annotated[Path | None, typer.Option(help="The whole map of grids, instead of the present one.")] = None,
    rules: Annotated[Path | None, typer.Option(help="All rules in order, instead of those in force.")] = None,
    teams: Annotated[Path | None, typer.Option(help="Teams that are new or otherwise made up.")] = None,
    after: Annotated[int, typer.Option(min=0, max=366, help="Days after the last on which work goes on.")] = 7,
    speed: Annotated[float, typer.Option(min=0.1, max=200, help="On the way to a case, km/h.")] = 4.5,
    detour: Annotated[float, typer.Option(min=1, max=5, help="Length of a way by the straight line.")] = 1.3,
    longest_work: Annotated[
        float, typer.Option(min=0.1, max=24, help="Hours that an officer stays with one case at the most.")
    ] = 4.0,
    seed: Annotated[
        int | None, typer.Option(help="Draw times of work that no record says, instead of taking the median.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many teams, reasons and cases to list.")] = 20,
    as_json_: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    lang: Annotated[Lang | None, typer.Option(help="Of the report. [default: that of the terminal]")] = None,
    url: UrlOption = DEFAULT_URL,
    at: AtOption = None,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Simulate; see HELP."""
    language = _language(lang)
    words = Words(language)
    question = Question(
        first=_day(first),
        last=_day(last),
        after=timedelta(days=after),
        travel=Travel(speed, detour),
        longest_work=timedelta(hours=longest_work),
        seed=seed,
        moves=_MOVES_IN_JSON if as_json_ else top,
    )
    files = Files(teams=teams, grids=grids, rules=rules, roster=roster)
    headers = {**bearer(token, Role.ANALYST, data_dir), "Accept-Language": language}
    base = service_url(ServiceName.DISPATCH, url, at)
    with httpx.Client(base_url=base, headers=headers, timeout=60.0) as client, _bars(words) as progress:
        report = running.run(Dispatch(client), question, files, language, progress)
    if as_json_:
        typer.echo(json.dumps(as_json(report), ensure_ascii=False, indent=2))
    else:
        show(Console(), report, words, top)


def _language(lang: Lang | None) -> Language:
    """Return the language asked for, else that of the terminal."""
    if lang is None:
        terminal = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
        lang = Lang.ZH if terminal.lower().startswith("zh") else Lang.EN
    return "zh-CN" if lang is Lang.ZH else "en"


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


@contextmanager
def _bars(words: Words) -> Iterator[running.Progress]:
    """Show on the terminal how far it is; nothing where there is none."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {name: bars.add_task(words(name), total=None, start=False) for name in ("reading", "simulating")}

        def progress(name: str, done: float, whole: float) -> None:
            task = tasks[name]
            if not bars.tasks[task].started:
                bars.start_task(task)
            bars.update(task, completed=done, total=whole)

        yield progress
