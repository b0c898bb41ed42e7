from datetime import UTC

from runtime.clock import now
from runtime.ids import uuid7


def test_ids_are_version_7_and_never_go_backwards() -> None:
    ids = [uuid7() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert {made.version for made in ids} == {7}


def test_the_time_is_in_utc() -> None:
    assert now().tzinfo is UTC
