"""Whether a process can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypedDict

Check = Callable[[], Awaitable[str | None]]
"""Returns None if all is well, else a short sentence without secrets."""

_CHECK_TIMEOUT_SECONDS = 2.0
_REUSE_SECONDS = 0.5


class CheckReport(TypedDict, total=False):
    """One line of `/readyz`."""

    ok: bool
    detail: str


class ReadinessReport(TypedDict):
    """The body of `/readyz`: `status` is `ready`, `not_ready` or `draining`."""

    status: str
    checks: dict[str, CheckReport]


class Reporter(Protocol):
    """What `/readyz` asks."""

    async def report(self) -> tuple[bool, ReadinessReport]:
        """Return whether requests may come, and why."""


class Readiness:
    """The checks of `/readyz`. Only a failing check named in `fatal` turns it 503; the others are reported."""

    def __init__(self, checks: Mapping[str, Check], fatal: frozenset[str]) -> None:
        unknown = fatal - checks.keys()
        if unknown:
            raise ValueError(f"no such checks: {', '.join(sorted(unknown))}")
        self.draining = False
        self._checks = checks
        self._fatal = fatal
        self._lock = asyncio.Lock()
        self._found: dict[str, CheckReport] = {}
        self._found_at = float("-inf")

    async def report(self) -> tuple[bool, ReadinessReport]:
        """Return whether the process may get requests, and why; checks run at most twice a second."""
        async with self._lock:
            loop_time = asyncio.get_running_loop().time()
            if loop_time - self._found_at >= _REUSE_SECONDS:
                results = await asyncio.gather(*(_outcome(check) for check in self._checks.values()))
                self._found = dict(zip(self._checks, results, strict=True))
                self._found_at = asyncio.get_running_loop().time()
        is_ready = all(self._found[name]["ok"] for name in self._fatal)
        status = "draining" if self.draining else "ready" if is_ready else "not_ready"
        return is_ready and not self.draining, {"status": status, "checks": self._found}


class JointReadiness:
    """The readiness of several services in one process: ready when all are, each check under its service's name."""

    def __init__(self, parts: Mapping[str, Readiness]) -> None:
        self._parts = parts

    async def report(self) -> tuple[bool, ReadinessReport]:
        """Return whether all services may get requests, and why."""
        reports = [await part.report() for part in self._parts.values()]
        is_ready = all(ready for ready, _ in reports)
        worst = next((report["status"] for ready, report in reports if not ready), "ready")
        checks = {
            f"{service}.{name}": found
            for service, (_, report) in zip(self._parts, reports, strict=True)
            for name, found in report["checks"].items()
        }
        return is_ready, {"status": worst, "checks": checks}


async def _outcome(check: Check) -> CheckReport:
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_SECONDS):
            detail = await check()
    except TimeoutError:
        detail = f"no answer within {_CHECK_TIMEOUT_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - a check that breaks is a check that fails, with no detail of its inside
        detail = type(error).__name__
    return {"ok": True} if detail is None else {"ok": False, "detail": detail}
