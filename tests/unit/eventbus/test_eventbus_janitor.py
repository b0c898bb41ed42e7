"""The janitor's border between old and new ids, and how long it keeps claims."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.topics import TOPICS
from eventbus.janitor import KEEP_INBOX, first_id_at
from runtime.ids import uuid7

MILLISECOND = timedelta(milliseconds=1)


def _id_at(moment: datetime, random: int) -> UUID:
    """An id as RFC 9562 has it made at that moment."""
    bits = (random & ((1 << 74) - 1)) | (int(moment.timestamp() * 1000) << 80)
    return UUID(int=(bits & ~(0xF000 << 64)) | (0x7000 << 64) | (0x8000 << 48))


@pytest.mark.parametrize(
    "moment", [datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]
)
@given(st.integers(0, (1 << 74) - 1))
def test_ids_made_before_a_moment_are_lower_and_ids_made_at_it_are_not(moment: datetime, random: int) -> None:
    assert _id_at(moment - MILLISECOND, random) < first_id_at(moment) < _id_at(moment, random)


def test_an_id_of_now_lies_between_the_borders_around_it() -> None:
    before = datetime.now(UTC) - MILLISECOND
    made = uuid7()
    assert first_id_at(before) < made < first_id_at(datetime.now(UTC) + MILLISECOND)


def test_claims_are_kept_twice_as_long_as_any_topic_keeps_its_records() -> None:
    assert max(topic.retention for topic in TOPICS if topic.retention) * 2 <= KEEP_INBOX
