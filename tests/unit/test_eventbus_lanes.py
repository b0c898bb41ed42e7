"""A poll is shared out by partition, evenly, and only where it is large."""

from collections.abc import Mapping

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from eventbus.lanes import WORTH, shared_out
from eventbus.polling import Polled

POLLS = st.dictionaries(st.integers(0, 47), st.integers(1, 3 * WORTH), min_size=1, max_size=12)


def polled(counts: Mapping[int, int]) -> Polled:
    return {TopicPartition("topic", partition): list(range(count)) for partition, count in counts.items()}


@given(counts=POLLS, lanes=st.integers(1, 4))
def test_every_partition_is_in_one_part_and_whole(counts: Mapping[int, int], lanes: int) -> None:
    parts = shared_out(polled(counts), lanes)
    assert len(parts) <= lanes
    assert all(parts)
    assert sum(map(len, parts)) == len(counts)
    joined = {partition: records for part in parts for partition, records in part.items()}
    assert joined == polled(counts)


@given(counts=POLLS)
def test_parts_differ_by_one_partition_at_most(counts: Mapping[int, int]) -> None:
    loads = [sum(map(len, part.values())) for part in shared_out(polled(counts), 2)]
    assert max(loads) - min(loads) <= max(*counts.values(), WORTH) or len(loads) == 1


def test_what_is_small_stays_together() -> None:
    assert len(shared_out(polled({0: WORTH, 1: WORTH - 1}), 2)) == 1
    assert len(shared_out(polled({0: WORTH, 1: WORTH}), 2)) == 2
    assert len(shared_out(polled({0: 4 * WORTH}), 2)) == 1
