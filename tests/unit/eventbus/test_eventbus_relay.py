"""Which rows may be marked as published, and which records can be."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from eventbus.producer import MAX_RECORD_BYTES, Record
from eventbus.relay import _in_order

SENT = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30)


@given(SENT)
def test_of_each_complaint_exactly_the_rows_before_the_first_failure_are_marked(sent: list[tuple[str, bool]]) -> None:
    rows: list[dict[str, Any]] = [{"position": position, "aggregateid": key} for position, (key, _) in enumerate(sent)]
    acked = [arrived for _, arrived in sent]
    marked = _in_order(rows, acked)
    assert marked == sorted(marked)
    by_key = sorted(zip(rows, acked, strict=True), key=lambda pair: pair[0]["aggregateid"])
    for _, group in groupby(by_key, key=lambda pair: pair[0]["aggregateid"]):
        pairs = list(group)
        arrived = list(map(itemgetter(1), pairs))
        prefix = arrived.index(False) if False in arrived else len(arrived)
        assert [row["position"] in marked for row, _ in pairs] == [True] * prefix + [False] * (len(pairs) - prefix)


@given(st.integers(0, 1_200_000), st.integers(0, 200_000), st.integers(0, 20))
def test_a_record_that_is_said_to_fit_is_taken_by_the_client(value: int, attribute: int, headers: int) -> None:
    listed = [("ce_correlationid", bytes(attribute // (headers or 1)))] * headers
    record = Record("topic", b"k" * 36, bytes(value), listed)
    size = DefaultRecordBatchBuilder.estimate_size_in_bytes(record.key, record.value, listed)
    if record.fits:
        assert size <= MAX_RECORD_BYTES
    else:
        assert size > MAX_RECORD_BYTES - 64 * (headers + 1)
