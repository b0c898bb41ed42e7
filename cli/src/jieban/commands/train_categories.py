"""`jieban train-categories`: a model that suggests categories, from labelled history."""

from collections import Counter
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.shipped import shipped
from intake_service.service.classifying import Classifier, load
from intake_service.service.classifying import shipped as shipped_model
from intake_service.service.learning import examples, parted, right
from intake_service.service.references import References
from intake_service.service.training import Example, seeds, train
from jieban.errors import UserError
from jieban.services import ServiceName, database_url
from jieban.settings import read_settings
from operations.importing.reading import Row, read_rows
from runtime import lifecycle
from runtime.database import create_engine

_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
_FEWEST = 20
"""Held-out texts from which two models can be compared."""


def train_categories(
    output: Annotated[Path, typer.Option(help="Where the model goes; its name ends in .npz.", dir_okay=False)],
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            help="Labelled history, .jsonl, .csv or .xlsx with the columns text (or description) and category."
        ),
    ] = None,
    configuration: Annotated[
        Path | None, typer.Option(help="Your own categories: configuration.yaml as intake exports it.", dir_okay=False)
    ] = None,
    from_database: Annotated[
        bool,
        typer.Option(
            "--from-database", help="Learn from closed complaints and corrections (JIEBAN_INTAKE_DATABASE_URL)."
        ),
    ] = False,
    tenant: Annotated[str | None, typer.Option(help="Whose complaints; by default JIEBAN_TENANT's.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many complaints at most, the newest.")] = 50_000,
    force: Annotated[bool, typer.Option("--force", help="Write a model that is worse than the present one.")] = False,
) -> None:
    """Train the model by which intake suggests categories; the same input gives the same file.

    It learns from the phrases that come with intake, from your labelled history, and with [bold]--from-database[/bold]
    from a tenant's complaints: one of five is held out, and the model is written only if it does at least as well on
    these as the present one (JIEBAN_CATEGORY_MODEL, or the one that comes with intake). Point JIEBAN_CATEGORY_MODEL to
    the file and start intake again.

    [bold]jieban train-categories --labels history.jsonl --output categories.npz[/bold]

    [bold]jieban train-categories --from-database --output categories.npz[/bold]
    """
    if output.suffix != ".npz":
        raise UserError(f"{output}: the name of a model ends in .npz.")
    with Progress(*_COLUMNS, console=Console(stderr=True)) as bar:
        own = _own(tenant, most, bar) if from_database else _Own([], [], _known(configuration))
        learnt = [*seeds(), *(_example(path, row, own.known) for path in labels or [] for row in read_rows(path))]
        learnt += own.learnt
        model = train(learnt, partial(_tell, bar, bar.add_task("Training", total=None)))
    if from_database:
        _compare(model, own, force=force)
    try:
        model.save(output)
    except OSError as error:
        raise UserError(f"Cannot write {output}: {error.strerror or error}.") from error
    for code, count in sorted(Counter(example.category for example in learnt).items()):
        typer.echo(f"{count:7,} {code}")
    typer.echo(
        f"{output}: version {model.version()}, {output.stat().st_size / 1e3:,.0f} kB; suggestions are taken from a "
        f"confidence of {model.threshold:.2f}."
    )


class _Own(NamedTuple):
    """A tenant's own examples, and its categories."""

    learnt: list[Example]
    held_out: list[Example]
    known: Collection[str]


def _own(tenant: str | None, most: int, bar: Progress) -> _Own:
    settings = read_settings()
    whose = tenant or settings.tenant
    told = partial(_tell, bar, bar.add_task("Reading", total=None))

    async def read() -> _Own:
        engine = create_engine(database_url(settings, ServiceName.INTAKE), application_name="jieban train-categories")
        try:
            known = (await References(engine).current(whose)).categories.keys()
            found, left_out = await examples(engine, whose, known, most, told)
        finally:
            await engine.dispose()
        learnt, held_out = parted(found)
        typer.echo(
            f"Complaints of {whose}: {len(learnt):,} to learn from, {len(held_out):,} held out, {left_out:,} left out "
            "because their categories have gone."
        )
        return _Own(learnt, held_out, known)

    return lifecycle.run(read())


def _compare(model: Classifier, own: _Own, *, force: bool) -> None:
    """Print how well the models do; UserError for one that may not take the other's place."""
    settings = read_settings()
    present = load(settings.category_model) if settings.category_model else shipped_model()
    count = len(own.held_out)
    before, after = (right(each, own.held_out, own.known) for each in (present, model))
    for title, each in (("before", before), ("after", after)):
        typer.echo(f"Right at first, {title}: {each:,} of {count:,}" + (f" ({each / count:.1%})" if count else ""))
    if force:
        return
    if count < _FEWEST:
        raise UserError(f"{count} held-out complaints say too little ({_FEWEST} are needed); --force writes it anyway.")
    if after < before:
        raise UserError("The new model is worse than the present one: nothing was written; --force writes it anyway.")


def _tell(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _known(configuration: Path | None) -> Collection[str]:
    """Return the codes of the categories: of a file, else those that are shipped."""
    if configuration is None:
        return shipped().categories.keys()
    try:
        given = Configuration.model_validate(yaml.safe_load(configuration.read_text("utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"{configuration}: no configuration as /intake/v1/configuration/files gives it.") from error
    return {each.code for each in given.categories}


def _example(path: Path, row: Row, known: Collection[str]) -> Example:
    where = f"{path}, line {row.line}"
    if row.flaws:
        raise UserError(f"{where}: {row.flaws[0].problem.en}.")
    text, category = row.values.get("text", row.values.get("description")), row.values.get("category")
    if not isinstance(text, str) or not text.strip():
        raise UserError(f"{where}: no text (or description).")
    if not isinstance(category, str) or category not in known:
        raise UserError(f"{where}: {category!r} is no category; see /intake/v1/categories.")
    return Example(text, category)
