"""What the lives of complaints should be: one dict, and a table of what each action leads to."""

from typing import NamedTuple


class Step(NamedTuple):
    """An action: where it may begin, where it ends."""

    sources: frozenset[str]
    target: str


_OPEN = frozenset({"assigned", "accepted", "in_progress"})
STEPS = {
    "accept": Step(frozenset({"assigned"}), "accepted"),
    "start": Step(frozenset({"accepted"}), "in_progress"),
    "resolve": Step(frozenset({"in_progress"}), "resolved"),
    "verify": Step(frozenset({"resolved"}), "closed"),
    "rework": Step(frozenset({"resolved"}), "assigned"),
    "rate": Step(frozenset({"closed"}), "rated"),
    "reopen": Step(frozenset({"closed", "rated"}), "assigned"),
    "withdraw": Step(_OPEN, "withdrawn"),
}
ACTIONS = tuple(STEPS)


class Model:
    """The status of every complaint; a rated one is closed, and may not be rated again."""

    def __init__(self) -> None:
        self.status: dict[str, str] = {}

    def act(self, complaint: str, action: str) -> int:
        """Do it and return the status code that REST should give."""
        after, code = _after(self.status[complaint], action)
        self.status[complaint] = after
        return code

    def race(self, complaint: str, actions: tuple[str, str], codes: tuple[int, int]) -> bool:
        """Do both in the order that explains `codes`; False where neither order does.

        A withdrawal that comes while another is under way joins it, and gets its answer.
        """
        if actions == ("withdraw", "withdraw") and codes[0] == codes[1]:
            return self.act(complaint, "withdraw") == codes[0]
        for first in (0, 1):
            expected = {}
            status = self.status[complaint]
            for which in (first, 1 - first):
                status, expected[which] = _after(status, actions[which])
            if codes == (expected[0], expected[1]):
                self.status[complaint] = status
                return True
        return False

    def shown(self, complaint: str) -> str:
        """Return the status as the services show it."""
        status = self.status[complaint]
        return "closed" if status == "rated" else status


def _after(status: str, action: str) -> tuple[str, int]:
    step = STEPS[action]
    return (step.target, 200) if status in step.sources else (status, 409)
