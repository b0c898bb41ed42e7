"""Reads the files of a proposal as plain values."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import yaml

from jieban.errors import UserError

_YAML = frozenset({".yaml", ".yml"})


class _Loader(yaml.SafeLoader):
    """YAML 1.2's numbers only: 06:30 is a text, not a number to the base of sixty, and so is a date."""


_TYPED = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _TYPED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_TYPED[0], re.compile(r"^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    _TYPED[1], re.compile(r"^[-+]?[0-9]*(\.[0-9]+([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$"), list("-+.0123456789")
)


def read_document(path: Path) -> Any:
    """Return what a JSON file holds, or a YAML file where its name says so; UserError where it is neither."""
    text = _text(path)
    try:
        return yaml.load(text, _Loader) if path.suffix.lower() in _YAML else json.loads(text)  # noqa: S506 - a SafeLoader
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be understood: {error}.") from error


def is_table(path: Path) -> bool:
    """Say whether a file is a CSV, by its name."""
    return path.suffix.lower() == ".csv"


def read_table(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV file with a header line, each with its line number; empty cells are left out."""
    reader = csv.DictReader(io.StringIO(_text(path)))
    try:
        return [
            (
                reader.line_num,
                {str(name): value.strip() for name, value in row.items() if isinstance(value, str) and value.strip()},
            )
            for row in reader
        ]
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}.") from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}): convert it first.") from error
