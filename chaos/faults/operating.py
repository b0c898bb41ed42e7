"""What an operator types: the commands of the runbook, as processes of their own."""

import asyncio
import json
import os
from typing import Any, NamedTuple

from bench.platform import token
from chaos.replicas import JIEBAN
from chaos.system import System

_LONGEST_SECONDS = 120.0
_SETTLE_SECONDS = 10.0


class Told(NamedTuple):
    """What a command said."""

    code: int
    text: str


async def jieban(system: System, *command: str, service: str = "intake") -> Told:
    """Run a command; one that cannot name each service (`--at`) asks the first replica of `service`."""
    environment = {
        **os.environ,
        "JIEBAN_URL": system.targets[service][0],
        "JIEBAN_TOKEN": token("admin"),
        "JIEBAN_KAFKA_BOOTSTRAP_SERVERS": system.bootstrap_servers,
        "JIEBAN_LEDGER_DATABASE_URL": system.databases["ledger"],
    }
    process = await asyncio.create_subprocess_exec(
        *JIEBAN, *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Told(process.returncode or 0, printed.decode())


async def doctor(system: System, *, settle: float, **places: str) -> dict[str, Any]:
    """Return the doctor's report on the last day but for its last seconds; `places` are other URLs of services."""
    told = await jieban(system, "doctor", "--json", "--settle", str(settle), *addresses(system, **places))
    try:
        report: dict[str, Any] = json.loads(told.text)
    except ValueError as error:
        raise RuntimeError(f"the doctor ended with {told.code}: {told.text[-500:]}") from error
    return report


async def differences(system: System, **places: str) -> list[str]:
    """Return what the doctor finds that no fault has made up: one line each."""
    report = await doctor(system, settle=_SETTLE_SECONDS, **places)
    found = [
        f"{each['subject']} {each['type']} is missing at {each['at']}: {each['why']}"
        for each in report["missing"]
        if each["subject"].encode() not in system.foreign
    ]
    found += [f"{each['at']} applied {each['id']}, which no outbox has" for each in report["unknown"]]
    return found + [sentence for sentence in report["findings"] if "messages are parked" not in sentence]


def addresses(system: System, **places: str) -> list[str]:
    """Return where each service is, for commands that take that."""
    known = {service: urls[0] for service, urls in system.targets.items()} | places
    return [f"--at={service}={url}" for service, url in known.items()]


async def release_all(system: System, service: str) -> Told:
    """Release all that a service has parked, as far as that goes."""
    return await jieban(system, "parked", "release", service, "--all", service=service)
