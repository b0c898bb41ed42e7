import asyncio

import pytest

from runtime.health import Readiness


async def well() -> None:
    return None


async def test_only_fatal_checks_decide() -> None:
    async def away() -> str:
        return "no broker"

    assert (await Readiness({"database": well, "kafka": away}, frozenset({"database"})).report())[0]
    assert not (await Readiness({"database": well, "kafka": away}, frozenset({"kafka"})).report())[0]


async def test_a_check_that_breaks_or_hangs_fails_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise RuntimeError("password=CANARY")

    async def hanging() -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("runtime.health._CHECK_TIMEOUT_SECONDS", 0.05)
    is_ready, report = await Readiness({"a": broken, "b": hanging}, frozenset({"b"})).report()
    assert not is_ready
    assert report["checks"]["a"] == {"ok": False, "detail": "RuntimeError"}
    assert report["checks"]["b"] == {"ok": False, "detail": "no answer within 0.05 s"}


async def test_draining_is_seen_at_once() -> None:
    readiness = Readiness({"database": well}, frozenset({"database"}))
    assert await readiness.report() == (True, {"status": "ready", "checks": {"database": {"ok": True}}})
    readiness.draining = True
    is_ready, report = await readiness.report()
    assert (is_ready, report["status"]) == (False, "draining")


async def test_checks_are_not_a_way_to_wear_out_the_database() -> None:
    calls = 0

    async def count() -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)

    readiness = Readiness({"database": count}, frozenset())
    await asyncio.gather(*(readiness.report() for _ in range(50)))
    assert calls == 1


def test_a_fatal_check_must_exist() -> None:
    with pytest.raises(ValueError, match="databse"):
        Readiness({"database": well}, frozenset({"databse"}))
