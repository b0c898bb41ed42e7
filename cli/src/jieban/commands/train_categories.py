"""`jieban train-categories`: a model that suggests categories, from labelled history."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer
import yaml

from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.shipped import shipped
from intake_service.service.training import Example, seeds, train
from jieban.errors import UserError
from operations.importing.reading import Row, read_rows


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
) -> None:
    """Train the model by which intake suggests categories; the same input gives the same file.

    It learns from the phrases that come with intake and from your labelled history. Point JIEBAN_CATEGORY_MODEL to the
    file and start intake again.

    [bold]jieban train-categories --labels history.jsonl --output categories.npz[/bold]
    """
    if output.suffix != ".npz":
        raise UserError(f"{output}: the name of a model ends in .npz.")
    known = _known(configuration)
    examples = [*seeds(), *(_example(path, row, known) for path in labels or [] for row in read_rows(path))]
    model = train(examples)
    try:
        model.save(output)
    except OSError as error:
        raise UserError(f"Cannot write {output}: {error.strerror or error}.") from error
    for code, count in sorted(Counter(example.category for example in examples).items()):
        typer.echo(f"{count:7,} {code}")
    typer.echo(
        f"{output}: version {model.version()}, {output.stat().st_size / 1e3:,.0f} kB; suggestions are taken from a "
        f"confidence of {model.threshold:.2f}."
    )


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
        raise UserError(f"{where}: {row.flaws[0].problem}.")
    text, category = row.values.get("text", row.values.get("description")), row.values.get("category")
    if not isinstance(text, str) or not text.strip():
        raise UserError(f"{where}: no text (or description).")
    if not isinstance(category, str) or category not in known:
        raise UserError(f"{where}: {category!r} is no category; see /intake/v1/categories.")
    return Example(text, category)
