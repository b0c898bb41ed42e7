"""The configuration as YAML."""

from typing import Any

import yaml

from intake_service.domain.configuration.items import Configuration
from operations.plain_yaml import NotPlain, read_plain
from operations.problems import refused

YAML = "application/yaml"
MOST_BYTES = 2**20
"""The reader is a slow one; two thousand plain categories take a fifth of that."""


def read_yaml(body: bytes) -> Any:
    """Return what a file says; `Problem` 422 where it is no YAML of plain values, or too large."""
    if len(body) > MOST_BYTES:
        raise refused("", "yaml-too-large", most=MOST_BYTES)
    try:
        return read_plain(body.decode())
    except UnicodeDecodeError as error:
        raise refused("", "yaml-unreadable") from error
    except NotPlain as error:
        if error.place is None:
            raise refused("", "yaml-unreadable") from error
        line, column = error.place
        raise refused(f"row/{line}", "yaml-invalid", line=line, column=column) from error


def write_yaml(configuration: Configuration) -> bytes:
    """Return the configuration as a file; what an item does not say is left out."""
    text = yaml.safe_dump(configuration.content(), allow_unicode=True, sort_keys=False, width=120)
    return text.encode()
