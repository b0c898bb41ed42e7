"""What makes each defect bite, and the invariant that has to name it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.checker import Violation
from chaos.defects import faults
from chaos.defects.defective import NONE
from chaos.defects.failpoints import FAILPOINTS
from chaos.defects.faults import Fault
from chaos.defects.stage import Stage, stage


@dataclass(frozen=True)
class Scenario:
    """A defect, the faults that a sound system bears and this one does not, and what the checker has to say then."""

    defect: str
    injected: str
    invariant: str
    finding: str
    """How the violation begins that names this defect."""
    failpoints: Sequence[str] = ()
    before: Fault | None = None
    during: Sequence[Fault] = ()
    after: Fault | None = None
    replicas: int = 1
    complaints: int = 60
    seconds: float = 8.0
    """A life that the defect has broken would go on asking for minutes."""

    def names(self, violation: Violation) -> bool:
        """Tell whether a violation is the one that gives the defect away."""
        return violation.invariant == self.invariant and violation.what.startswith(self.finding)

    async def play(self, *, sound: bool = False) -> list[Violation]:
        """Run it and return what the checker found; `sound` leaves the defect out, and only the faults in."""
        names = [NONE if sound else self.defect, *self.failpoints]
        async with stage(names, replicas=self.replicas, complaints=self.complaints) as running:
            await running.begin()
            if self.before:
                await self.before(running)
            await asyncio.gather(running.live(self.seconds), *(fault(running) for fault in self.during))
            if self.after:
                await self.after(running)
            await running.rest()
            return await running.verdict()


SCENARIOS = (
    Scenario(
        "cursor-by-id",
        "every fifth outbox row of intake commits 0.3 s late",
        "I7",
        "waits in the outbox",
        before=faults.late_commits,
    ),
    Scenario(
        "mark-before-send",
        "each relay, slow at times, is killed once between the two steps of publishing",
        "I1",
        "accepted, but dispatch has no case",
        failpoints=["between-send-and-mark", "slow-sends"],
    ),
    Scenario(
        "no-inbox",
        "three of ten records come a second time",
        "I4",
        "intake counts otherwise",
        after=faults.repeated_records,
    ),
    Scenario(
        "offsets-before-database",
        "each consumer is killed once before a slice commits",
        "I4",
        "published, but not entered",
        failpoints=["before-slice-commits"],
    ),
    Scenario(
        "skip-locked-relays",
        "two replicas, whose relays are slow at times",
        "I4",
        "published out of order",
        failpoints=["slow-sends"],
        replicas=2,
    ),
    Scenario(
        "no-key",
        "the ledger stands still for 1.5 s",
        "I4",
        "published outside the partition of its key",
        during=[faults.frozen_ledger],
    ),
    Scenario(
        "swallowed-exception",
        "the ledger's database connections are cut within slices",
        "I4",
        "published, but not entered",
        during=[faults.cut_slices],
    ),
    Scenario(
        "skipped-poison",
        "unreadable records under the keys of eight complaints",
        "I7",
        "unreadable",
        during=[faults.poison],
    ),
    Scenario(
        "producer-for-ever",
        "the brokers refuse all records for 1.5 s",
        "I7",
        "waits in the outbox",
        during=[faults.refused_records],
    ),
    Scenario(
        "commit-after-answer",
        "intake is killed once, a moment after it has answered",
        "I1",
        "accepted, but not in intake",
        failpoints=["after-answers"],
    ),
    Scenario(
        "follow-up-twice",
        "nothing: it does so by itself",
        "I4",
        "one cause",
    ),
    Scenario(
        "lost-park-order",
        "eight keys are parked behind unreadable records, and released",
        "I4",
        "intake counts otherwise",
        during=[faults.poison],
    ),
)
CLEAN = Scenario(
    NONE,
    "all of these faults",
    "",
    "",
    failpoints=list(FAILPOINTS),
    before=faults.late_commits,
    during=[faults.in_turn(faults.cut_slices, faults.refused_records, faults.frozen_ledger, faults.poison)],
    after=faults.in_turn(faults.repeated_records, Stage.rest, faults.operator),
    replicas=2,
    complaints=200,
    seconds=40.0,
)
"""A system without a defect, which bears everything."""
