"""The configuration that comes with the service: version 1 of every tenant."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.reference import Reference

VERSION = 1


@cache
def shipped() -> Reference:
    """Return what counts for a tenant that has published nothing."""
    parts = {name: _rows(f"{name}.yaml") for name in ("categories", "duty_items", "sources")}
    return Reference(VERSION, Configuration.model_validate(parts))


def _rows(name: str) -> list[dict[str, Any]]:
    text = files("intake_service.domain").joinpath("data", name).read_text("utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)
    return rows
