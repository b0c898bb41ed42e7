"""The make-up of a team 队伍编成: how many members of each role it shall have."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

DEFAULT_PATTERN: Mapping[str, int] = {"leader": 1, "enforcement_assistant": 2, "community_worker": 2}
""""1+2+2": 队长、执法辅助人员、社区工作人员."""


class PatternGap(NamedTuple):
    """A role of which a team has more or fewer members than it shall have."""

    role: str
    wanted: int
    present: int


def gaps(pattern: Mapping[str, int], roles: Iterable[str]) -> list[PatternGap]:
    """Return where the roles of a team's members differ from the pattern, which says nothing of roles it lacks."""
    present = Counter(roles)
    return [PatternGap(role, wanted, present[role]) for role, wanted in pattern.items() if present[role] != wanted]
