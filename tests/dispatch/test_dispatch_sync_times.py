"""What devices do at once, and when what they report late was done."""

import asyncio
import uuid

from dispatch.offline import item, outcomes, send
from dispatch.world import World


async def test_batches_that_use_the_same_ids_crosswise_at_once_both_get_an_answer(world: World) -> None:
    for _ in range(8):
        one, other = await world.a_case(), await world.a_case()
        ids = [str(uuid.uuid4()) for _ in range(20)]
        forth = [item(one, "note", id=each) for each in ids]
        back = [item(other, "note", id=each) for each in reversed(ids)]

        answers = await asyncio.gather(send(world, forth), send(world, back))

        assert [answer.status_code for answer in answers] == [200, 200]
        results = [outcomes(answer.json()["items"]) for answer in answers]
        assert sum(each.count("done") for each in results) == 20
