"""What dispatch has from being assembled as every service is."""

import uuid
from datetime import timedelta

import pytest
from pydantic import SecretStr

from dispatch.world import SECRET, World
from dispatch_service.main import build
from operations.service import forget_old_answers
from runtime.auth import TokenVerifier
from runtime.settings import RuntimeSettings


def test_without_a_database_the_service_says_which_setting_is_missing() -> None:
    settings = RuntimeSettings(token_secret=SecretStr(SECRET))

    with pytest.raises(ValueError, match="JIEBAN_DISPATCH_DATABASE_URL is not set"):
        build(settings, TokenVerifier(settings))


async def test_the_service_brings_its_workers_by_role() -> None:
    settings = RuntimeSettings(token_secret=SecretStr(SECRET), dispatch_database_url="postgresql://nobody@127.0.0.1/no")
    service = build(settings, TokenVerifier(settings))

    names = {role: [worker.name for worker in workers] for role, workers in service.workers.items()}
    await service.close()

    assert names == {
        "relay": [
            "topic maker",
            "dispatch relay",
            "dispatch janitor",
            "dispatch idempotency keys",
            "dispatch clocks",
            "dispatch timers",
            "dispatch reinspections",
            "dispatch orders",
            "dispatch answers",
            "dispatch suspensions",
            "dispatch tracks",
            "dispatch rule matches",
            "dispatch patrol plans",
            "dispatch missed patrols",
            "dispatch duties",
            "dispatch field work",
        ],
        "consumer": [
            "dispatch",
            "dispatch-hotspot.v1",
            "dispatch-directory.v1",
            "dispatch-reconciliation.v1",
            "dispatch second reading",
        ],
    }
    assert [worker.name for worker in service.always] == ["dispatch checks", "dispatch backlog"]


async def test_stored_answers_are_forgotten_after_their_time_and_not_before(world: World) -> None:
    event, same = await world.a_case(), {"Idempotency-Key": str(uuid.uuid4())}
    await world.act(event, "accept", role="officer", headers=same)

    await forget_old_answers(world.engine, timedelta(hours=1))
    remembered = await world.act(event, "accept", role="officer", headers=same)
    await forget_old_answers(world.engine, timedelta())
    forgotten = await world.act(event, "accept", role="officer", headers=same)

    assert (remembered.status_code, forgotten.status_code) == (200, 409)
