"""Derived ids are stable, distinct, and as old as their cause."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import derived_id
from runtime.ids import uuid7


def test_an_id_of_its_own_for_each_cause_and_name() -> None:
    causes = [uuid7() for _ in range(100)]
    made = {derived_id(cause, name) for cause in causes for name in ("verified", "closed")}
    assert len(made) == 200
    assert made == {derived_id(cause, name) for cause in causes for name in ("verified", "closed")}


@given(st.uuids(version=4).map(lambda any_id: any_id.int), st.text(max_size=20))
def test_it_is_a_uuid_of_version_8_with_the_time_of_its_cause(number: int, name: str) -> None:
    cause = UUID(int=number & ~(0xF << 76) | 7 << 76)
    made = derived_id(cause, name)
    assert made.version == 8
    assert made.variant == cause.variant
    assert made.bytes[:6] == cause.bytes[:6]
