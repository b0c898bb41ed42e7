"""What docker-compose.yml and the runbook say of releases, connections and replicas."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from intake_service.service.listing import _CONNECTIONS as LISTS
from operations.service import _HOT_CONNECTIONS as HOT
from runtime.settings import RuntimeSettings

ROOT = Path(__file__).parents[3]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
RELAY = 1
OTHERS = 10
"""Superusers' reserve, migrations, the doctor."""


def test_images_are_named_after_the_release_so_that_the_one_before_stays() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    images = {name: each["image"] for name, each in SERVICES.items() if "build" in each}
    assert images == {
        name: f"jieban-{name.removesuffix('-schema')}:${{JIEBAN_RELEASE:-{version}}}"
        for name in ("intake", "dispatch", "ledger-schema", "ledger")
    }


@pytest.mark.parametrize(("intake", "dispatch", "ledger"), [(1, 3, 2), (3, 5, 5)])
def test_there_are_connections_for_as_many_replicas_as_are_named(intake: int, dispatch: int, ledger: int) -> None:
    each = RuntimeSettings().database_pool_size + HOT + RELAY
    assert f"That is {each + LISTS} for a replica of intake and {each} for one of dispatch or the ledger" in RUNBOOK
    [most] = re.findall(r"max_connections=(\d+)", " ".join(SERVICES["postgres"]["command"]))
    assert (each + LISTS) * intake + each * (dispatch + ledger) + OTHERS <= int(most)


def test_prometheus_is_told_of_every_replica() -> None:
    [config] = yaml.safe_load(RUNBOOK.partition("```yaml\n")[2].partition("```")[0])["scrape_configs"]
    assert config["job_name"] == "jieban"
    assert config["dns_sd_configs"] == [{"names": ["intake", "dispatch", "ledger"], "type": "A", "port": 8000}]
