"""Parked messages keep what came, byte by byte, and errors become text that PostgreSQL takes."""

from hypothesis import given
from hypothesis import strategies as st

from eventbus.parking import Message, explained, pack_headers, unpack_headers

HEADERS = st.lists(st.tuples(st.text(max_size=12), st.none() | st.binary(max_size=30)), max_size=6)


@given(HEADERS)
def test_headers_come_back_as_they_came_with_nulls_and_repeats(headers: list[tuple[str, bytes]]) -> None:
    packed = pack_headers(headers)
    assert unpack_headers(packed) == headers
    assert b"\x00" not in packed


@given(st.text(st.characters(exclude_categories=())))
def test_any_error_can_be_written_to_the_database(text: str) -> None:
    written = explained(ValueError(text))
    assert "\x00" not in written
    assert len(written.encode("utf-8")) <= 8000


def test_an_ordinary_error_is_kept_word_for_word() -> None:
    assert explained(ValueError("没有这个类别")) == "没有这个类别"


def test_the_place_of_a_message_is_topic_partition_and_offset() -> None:
    message = Message("topic", 3, 17, b"key", [], None)
    assert message.place == ("topic", 3, 17)
