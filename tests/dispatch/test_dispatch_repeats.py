"""If-Match and Idempotency-Key on actions."""

import asyncio
import uuid
from typing import Any

import pytest

from dispatch.world import World


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


@pytest.mark.parametrize("tag", ['"1"', "*"])
async def test_a_write_on_the_version_last_read_goes_through(world: World, tag: str) -> None:
    event = await world.a_case()

    response = await world.act(event, "accept", role="officer", headers={"If-Match": tag})

    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"', '"0"'])
async def test_a_write_on_another_version_is_refused_with_the_present_tag(world: World, tag: str) -> None:
    event = await world.a_case()

    response = await world.act(event, "accept", role="officer", headers={"If-Match": tag})

    assert (response.status_code, response.headers["ETag"]) == (412, '"1"')
    assert (await world.row(event))["status"] == "assigned"


async def test_a_tag_that_is_none_is_bad_input(world: World) -> None:
    event = await world.a_case()

    assert (await world.act(event, "accept", role="officer", headers={"If-Match": "1"})).status_code == 400


async def test_a_repeat_gets_the_first_answer_and_does_nothing(world: World) -> None:
    event = await world.a_case()
    same = key() | {"If-Match": '"1"'}

    first = await world.act(event, "accept", {"note": "到"}, role="officer", headers=same)
    await world.act(event, "start", role="officer")
    repeat = await world.act(event, "accept", {"note": "到"}, role="officer", headers=same)

    assert (repeat.status_code, repeat.content, repeat.headers["ETag"]) == (200, first.content, '"2"')
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert len(await world.published(event)) == 3


async def test_twins_at_once_are_one_action_with_one_answer(world: World) -> None:
    for _ in range(5):
        event = await world.a_case()
        same = key()

        answers = await asyncio.gather(*(world.act(event, "accept", role="officer", headers=same) for _ in range(4)))

        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.content for answer in answers}) == 1
        assert [row["sequence"] for row in await world.published(event)] == [1, 2]


async def test_twins_of_an_assignment_make_one_event(world: World) -> None:
    event = await world.a_case()
    same = key()

    answers = await asyncio.gather(
        *(world.act(event, "assign", {"team": "team-02"}, role="dispatcher", headers=same) for _ in range(4))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert [row["sequence"] for row in await world.published(event)] == [1, 2]


async def test_the_key_of_another_request_is_refused(world: World) -> None:
    event, other = await world.a_case(), await world.a_case()
    same = key()
    await world.act(event, "accept", {"note": "一"}, role="officer", headers=same)

    answers: list[Any] = [
        await world.act(event, "accept", {"note": "二"}, role="officer", headers=same),
        await world.act(event, "start", role="officer", headers=same),
        await world.act(other, "accept", {"note": "一"}, role="officer", headers=same),
    ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert {answer.json()["type"] for answer in answers} == {"urn:jieban:problem:idempotency-key-reused"}
    assert (await world.row(other))["status"] == "assigned"


async def test_the_same_key_of_another_caller_is_another_key(world: World) -> None:
    event = await world.a_case()
    same = key()
    await world.act(event, "accept", role="officer", subject="officer-0801", headers=same)

    response = await world.act(event, "accept", role="officer", subject="officer-0802", headers=same)

    assert response.status_code == 409


async def test_a_refusal_is_not_kept_so_the_action_can_be_tried_again(world: World) -> None:
    event = await world.a_case()
    same = key()

    early = await world.act(event, "start", role="officer", headers=same)
    await world.act(event, "accept", role="officer")
    again = await world.act(event, "start", role="officer", headers=same)

    assert (early.status_code, again.status_code) == (409, 200)


@pytest.mark.parametrize("text", ["", "a b", "x" * 256])
async def test_a_malformed_key_is_bad_input(world: World, text: str) -> None:
    event = await world.a_case()

    response = await world.act(event, "accept", role="officer", headers={"Idempotency-Key": text})

    assert response.status_code == 400
