"""What is wrong with a report."""

from typing import NamedTuple


class Flaw(NamedTuple):
    """Where a report breaks a rule, and which."""

    pointer: str
    code: str
    given: str = ""
