"""`jieban replay`: events once more."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from contracts.roles import Role
from contracts.topics import LIFECYCLE, RECONCILIATION, TOPICS, Topic, consumer_of
from eventbus.brokers import Brokers
from eventbus.kafka import KafkaConnection
from eventbus.rereading import GroupHasMembers, Plan, check_idle, go_back, plan
from jieban.commands.options import DataDirOption
from jieban.commands.token import duration
from jieban.errors import UserError
from jieban.rest import DEFAULT_URL, AtOption, TokenOption, UrlOption, bearer, call, service_url
from jieban.services import ServiceName, database_url
from jieban.settings import read_settings
from ledger_service.service.rereading import TOPICS as TOLD
from ledger_service.service.rereading import begin
from runtime import lifecycle
from runtime.database import create_engine
from runtime.outages import DatabaseUnreachable
from runtime.settings import RuntimeSettings

replay = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Events once more: out of a service's outbox, out of a topic, or a county's directory as it is.

Whoever has applied an event does not apply it again, so a replay may be repeated, and may reach further back than is
needed. See first what is missing: [bold]jieban doctor[/bold]

[bold]jieban replay outbox --service intake --from 2h --dry-run[/bold]   what intake published in the last two hours

[bold]jieban replay topic --service ledger --earliest[/bold]             all that Kafka keeps

[bold]jieban replay directory[/bold]                                     communities, teams, grids, posts, departments …
""",
)


def _moment(text: str) -> datetime:
    try:
        return datetime.now(UTC) - duration(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("write it like 2h, or like 2026-11-23T08:00:00+08:00") from error
    if moment.tzinfo is None:
        raise typer.BadParameter("name the time zone, as in 2026-11-23T08:00:00+08:00")
    return moment


_FORM = "Like 2h (ago), or 2026-11-23T08:00:00+08:00."
Dry = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Publisher = Annotated[ServiceName, typer.Option("--service", help="Whose outbox.")]
Reader = Annotated[ServiceName, typer.Option("--service", help="Who is to read again.")]


@replay.command()
def outbox(
    service: Publisher,
    made_from: Annotated[datetime, typer.Option("--from", parser=_moment, metavar="WHEN", help=_FORM)],
    made_to: Annotated[datetime | None, typer.Option("--to", parser=_moment, metavar="WHEN", help=_FORM)] = None,
    complaint: Annotated[UUID | None, typer.Option(help="Only the events of this complaint.")] = None,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Events at a time.")] = 500,
    dry_run: Dry = False,
    url: UrlOption = DEFAULT_URL,
    at: AtOption = None,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Publish again what a service published: for events that Kafka has lost, or that a restored service lacks.

    The outbox keeps events for a week after they were published. They go out in their old order, beside new ones.
    Messages that were parked because an earlier one was missing are applied with: jieban parked release
    """
    body: dict[str, Any] = {
        "from": made_from.isoformat(),
        "to": (made_to or datetime.now(UTC)).isoformat(),
        "complaint": str(complaint) if complaint else None,
    }
    headers = dict(bearer(token, Role.ADMIN, data_dir))
    path = f"/{service}/v1/outbox/replay"
    with httpx.Client(base_url=service_url(service, url, at), headers=headers, timeout=60.0) as client:
        there = call(client, "POST", path, json={**body, "dry_run": True}).json()
        if dry_run:
            typer.echo(f"{there['events']} events of {service} would be published again.")
            return
        done = _in_batches(client, path, {**body, "until": there["last"], "size": batch}, there["events"])
    typer.echo(f"{done} events of {service} are published again.")


@replay.command()
def directory(
    dry_run: Dry = False,
    url: UrlOption = DEFAULT_URL,
    at: AtOption = None,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Publish a county's communities, teams, grids, posts, officers and departments again, as they are now.

    For readers of directory.v1 that begin from nothing after the topic was lost, and for a county that is older than
    the topic. The county is that of the token, who must be its administrator.
    """
    headers = dict(bearer(token, Role.ADMIN, data_dir))
    with httpx.Client(base_url=service_url(ServiceName.DISPATCH, url, at), headers=headers, timeout=60.0) as client:
        path = "/dispatch/v1/directory/republication"
        answer = call(client, "POST", path, params={"dry_run": str(dry_run).lower()}).json()
    would_be = "would be" if dry_run else "are"
    typer.echo(f"{answer['things']} things of the directory {would_be} published again.")


def _in_batches(client: httpx.Client, path: str, body: dict[str, Any], total: int) -> int:
    done, after = 0, 0
    with _progress() as bar:
        task = bar.add_task("Handing to the relay", total=total)
        while after is not None:
            answer = call(client, "POST", path, json={**body, "after": after}).json()
            done, after = done + answer["events"], answer["last"]
            bar.update(task, completed=done)
    return done


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


@replay.command()
def topic(
    service: Reader,
    since: Annotated[
        datetime | None, typer.Option("--from", parser=_moment, metavar="WHEN", help=f"When published. {_FORM}")
    ] = None,
    earliest: Annotated[bool, typer.Option("--earliest", help="From the beginning of what Kafka keeps.")] = False,
    names: Annotated[
        list[str] | None,
        typer.Option("--topic", help="Which topic, may be repeated; by default all that tell it something that lasts."),
    ] = None,
    dry_run: Dry = False,
) -> None:
    """Let a service read topics again, on the Kafka of the JIEBAN_* settings.

    Its consumers must be stopped: the group's offsets can only be set back while it has no members. A consumer that
    was killed, or that has a name of its own (JIEBAN_INSTANCE), counts as a member for six seconds more.

    Until the ledger has read complaints and activities again it does nothing by rule, and refuses actions with 503
    `reading-again`: what a restored one would do may have been decided otherwise, further behind on the topic. That is
    noted in its database (JIEBAN_LEDGER_DATABASE_URL).
    """
    if earliest == (since is not None):
        raise UserError("Say from where: either --from WHEN or --earliest.")
    settings = read_settings()
    wanted = lifecycle.run(_reread(settings, service, _topics(names), since, dry_run=dry_run))
    would_be = "would be" if dry_run else "will be"
    for name, each in wanted.items():
        typer.echo(
            f"{each.records} records of {len(each.offsets)} partitions of {name} {would_be} read again by {service}."
        )


def _topics(names: list[str] | None) -> list[Topic]:
    topics = {each.name: each for each in TOPICS}
    for name in names or ():
        if name not in topics:
            raise UserError(f"There is no topic {name}, only {', '.join(topics)}.")
    return [topics[name] for name in dict.fromkeys(names or (name for name in topics if name != RECONCILIATION.name))]


async def _reread(
    settings: RuntimeSettings, service: ServiceName, topics: Sequence[Topic], since: datetime | None, *, dry_run: bool
) -> Mapping[str, Plan]:
    brokers = Brokers(KafkaConnection.of(settings))
    groups = {each.name: consumer_of(service, each) for each in topics}
    try:
        wanted = {name: await plan(brokers, group, name, since) for name, group in groups.items()}
        if not dry_run:
            for name, group in groups.items():
                await check_idle(brokers, group, name)
            own = [each.name for each in TOLD if service is ServiceName.LEDGER and each.name in wanted]
            await _hold_rules(settings, brokers, own)
            for name, group in groups.items():
                await go_back(brokers, group, wanted[name])
            await _hold_rules(settings, brokers, own)  # a round that began in between may have found all read
    except GroupHasMembers as error:
        raise UserError(
            f"{service} is being consumed ({error}): stop its processes with the role consumer first, and a killed "
            "one, or one with JIEBAN_INSTANCE, gives way after six seconds."
        ) from error
    except (KafkaError, OSError) as error:
        raise UserError(
            f"Kafka at {settings.kafka_bootstrap_servers} could not be asked ({error}): "
            "check JIEBAN_KAFKA_BOOTSTRAP_SERVERS and that it runs."
        ) from error
    return {name: each for name, each in wanted.items() if name == LIFECYCLE.name or each.records}


async def _hold_rules(settings: RuntimeSettings, brokers: Brokers, topics: Sequence[str]) -> None:
    """Have the ledger do nothing of its own before it has read these."""
    if not topics:
        return
    ends: dict[TopicPartition, int] = {}
    for name in topics:
        ends.update((await brokers.extent(name))[1])
    engine = create_engine(database_url(settings, ServiceName.LEDGER), application_name="jieban replay")
    try:
        await begin(engine, ends)
    except (SQLAlchemyError, DatabaseUnreachable) as error:
        raise UserError(
            f"The ledger's database could not be asked ({error}): check JIEBAN_LEDGER_DATABASE_URL, that it runs, and "
            "that it is migrated."
        ) from error
    finally:
        await engine.dispose()
