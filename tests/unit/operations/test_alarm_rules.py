"""The alarms watch what there is, and each has its paragraph in the runbook."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from pydantic import SecretStr
from typer.main import get_group

import dispatch_service.main
import intake_service.main
import ledger_service.main
from eventbus.tables import SHARDS
from jieban.main import cli
from jieban.settings import read_settings
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service

ROOT = Path(__file__).parents[3]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
RULES = yaml.safe_load((ROOT / "deploy" / "alarms" / "jieban.rules.yml").read_text("utf-8"))
ALARMS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
PROMETHEUS_OWN = {"up"}
FUNCTIONS = {"max", "min", "sum", "rate", "increase", "time", "or"}
DURATION = re.compile(r"([0-9]+[smhd])+")


SERVICES: tuple[Any, ...] = (intake_service.main, dispatch_service.main, ledger_service.main)
"""All are imported, so that the registry is whole."""


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm["alert"])
def test_an_alarm_has_the_shape_that_prometheus_takes(alarm: dict[str, Any]) -> None:
    assert set(alarm) <= {"alert", "expr", "for", "labels", "annotations", "keep_firing_for"}
    assert re.fullmatch(r"Jieban[A-Za-z]+", alarm["alert"])
    assert isinstance(alarm["expr"], str)
    assert alarm["expr"].count("(") == alarm["expr"].count(")")
    assert DURATION.fullmatch(alarm.get("for", "1m"))
    assert alarm["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert set(alarm["annotations"]) == {"summary", "runbook_url"}


def test_names_are_given_once() -> None:
    assert [set(group) for group in RULES["groups"]] == [{"name", "rules"}]
    assert len({alarm["alert"] for alarm in ALARMS}) == len(ALARMS)


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm["alert"])
def test_an_alarm_watches_metrics_that_there_are(alarm: dict[str, Any]) -> None:
    labels = {
        f"{metric.name}{suffix}": _labels(metric.name)
        for metric in REGISTRY.collect()
        for suffix in ("", "_total", "_count", "_sum", "_bucket")
    }
    watched = _metrics(alarm["expr"])
    assert watched
    for name in watched - PROMETHEUS_OWN:
        assert name in labels, f"{alarm['alert']} watches {name}"
        grouped = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", alarm["expr"]))))
        assert grouped - {"instance"} <= labels[name]


def test_every_alarm_has_its_paragraph_and_every_paragraph_its_alarm() -> None:
    titles = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)
    assert titles == [alarm["alert"] for alarm in ALARMS]
    for alarm in ALARMS:
        assert alarm["annotations"]["runbook_url"] == f"docs/runbook.md#{alarm['alert'].lower()}"


def test_a_paragraph_says_when_to_wake_somebody() -> None:
    for paragraph in RUNBOOK.partition("## The alarms")[2].split("\n### ")[1:]:
        assert re.search(r"\b[Ww]ake\b", paragraph), paragraph


@pytest.mark.parametrize("typed", sorted(set(re.findall(r"\bjieban ([a-z][^`#\n]*)", RUNBOOK))))
def test_the_runbook_types_commands_with_options_that_there_are(typed: str) -> None:
    command: Any = get_group(cli)
    words = typed.split()
    while words and hasattr(command, "get_command"):
        name = words.pop(0)
        command = command.get_command(None, name)
        assert command is not None, name
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options


@pytest.fixture(scope="module")
def services() -> list[Service]:
    """All services, connected to nothing."""
    nowhere = "postgresql://nobody@127.0.0.1/no"
    addresses = {f"{name}_database_url": nowhere for name in ("intake", "dispatch", "ledger")}
    key = SecretStr("0123456789abcdefghijklmnopqrstuvwxyz")
    settings = read_settings(token_secret=key, personal_data_days=365, **addresses)
    return [module.build(settings, TokenVerifier(settings)) for module in SERVICES]


def test_the_runbook_names_workers_and_metrics_that_there_are(services: list[Service]) -> None:
    workers = {worker.name for service in services for role in service.workers.values() for worker in role}
    assert set(re.findall(r"worker (?:is )?`([^`]+)`", RUNBOOK)) <= workers
    metrics = {f"{metric.name}{suffix}" for metric in REGISTRY.collect() for suffix in ("", "_total", "_seconds")}
    assert set(re.findall(r"`(jieban_\w+)`", RUNBOOK)) <= metrics


def test_what_an_alarm_asks_of_the_checks_is_checked(services: list[Service]) -> None:
    asked = {name for alarm in ALARMS for name in re.findall(r'jieban_check_ok\{check="(\w+)"\}', alarm["expr"])}
    assert asked == {"database", "attachments"}
    workers = {worker.name for service in services for worker in [*service.always, *service.workers.get("api", ())]}
    assert {"intake checks", "dispatch checks", "ledger checks", "intake own checks"} <= workers


@pytest.mark.usefixtures("services")
def test_what_tells_of_the_first_increase_has_a_series_before() -> None:
    """From no series to one that begins at 1, `increase` sees none."""
    watched = {name for alarm in ALARMS for name in re.findall(r"increase\((\w+)[^)]*\)\) > 0", alarm["expr"])}
    assert len(watched) >= 4
    assert watched <= {sample.name for metric in REGISTRY.collect() for sample in metric.samples}


@pytest.mark.usefixtures("services")
def test_a_process_that_runs_no_relay_says_that_it_publishes_no_shard() -> None:
    for service in ("intake", "dispatch", "ledger"):
        assert REGISTRY.get_sample_value("jieban_relay_shards", {"service": service}) == 0


def test_the_number_of_shards_is_the_buss() -> None:
    [alarm] = [alarm for alarm in ALARMS if alarm["alert"] == "JiebanNobodyPublishes"]
    assert alarm["expr"].endswith(f"< {SHARDS}")


def test_reports_that_are_refused_as_of_one_device_raise_an_alarm() -> None:
    [alarm] = [alarm for alarm in ALARMS if "jieban_reports_over_limit_total" in alarm["expr"]]
    assert '{by="device"}' in alarm["expr"]


def _metrics(expression: str) -> set[str]:
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)", " ", expression)
    return set(re.findall(r"[a-z_][a-z0-9_]*", bare)) - FUNCTIONS


def _labels(name: str) -> set[str]:
    """Return the label names of a metric of this process."""
    collectors: Iterable[Any] = set(REGISTRY._collector_to_names)
    [names] = [set(each._labelnames) for each in collectors if getattr(each, "_name", None) == name] or [set()]
    return names
