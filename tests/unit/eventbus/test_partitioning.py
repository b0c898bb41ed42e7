"""Keys go where every other Kafka client would send them."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from eventbus.partitioning import partition_of


@given(st.binary(min_size=1, max_size=64), st.integers(1, 200))
def test_the_partition_is_that_of_the_default_partitioner(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == DefaultPartitioner()(key, list(range(partitions)), [])


@given(st.uuids())
def test_complaint_ids_as_they_are_sent(key: object) -> None:
    text = str(key).encode()
    assert partition_of(text, 48) == DefaultPartitioner()(text, list(range(48)), [])
