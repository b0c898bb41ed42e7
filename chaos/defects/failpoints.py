"""Points at which a process ends itself as a crash would, or is slow: faults that no outsider can time so well.

They wrap what every copy of the product has, sound or defective, and change nothing else.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import random
from typing import Any

from chaos.defects.breaking import replace
from eventbus.offsets import Offsets
from eventbus.producer import RecoveringProducer
from eventbus.slices import Subscription
from eventbus.unpublished import Unpublished
from intake_service.persistence.new_complaints import NewComplaints

DEATHS = "CHAOS_DEATHS"
"""The variable that names the directory where deaths are noted, so that no replica dies twice of one cause."""
_FIRST_ITEMS = 20
"""So many items pass a point before it kills, so that there is something to lose."""
_LONGEST_STALL_SECONDS = 0.4
_ANSWERS_LEAVE_SECONDS = 0.1


def between_send_and_mark() -> None:
    """Die between the two steps of publishing, whichever of them comes first."""
    first: list[str] = []
    _watch(RecoveringProducer, "send", first)
    _watch(Unpublished, "mark", first)


def _watch(owner: type, name: str, first: list[str]) -> None:
    step = getattr(owner, name)
    dies = _Death("between-send-and-mark")

    async def watched(self: Any, items: Sequence[Any]) -> Any:
        if not first:
            first.append(name)
        if name != first[0]:
            dies.after(len(items))
        return await step(self, items)

    replace(owner, name, watched)


def before_slice_commits() -> None:
    """Die when a slice is applied and its transaction is not committed yet."""
    apply = Subscription.apply_within
    dies = _Death("before-slice-commits")

    async def applied(self: Subscription, connection: Any, messages: Sequence[Any], *, releasing: bool = False) -> Any:
        outcome = await apply(self, connection, messages, releasing=releasing)
        dies.after(len(messages))
        return outcome

    replace(Subscription, "apply_within", applied)


def after_answers() -> None:
    """Die a moment after a group of complaints was stored, when the answers are out."""
    store = NewComplaints.store
    dies = _Death("after-answers")

    async def stored(self: NewComplaints, group: Sequence[Any]) -> list[bool]:
        accepted = await store(self, group)
        asyncio.get_running_loop().call_later(_ANSWERS_LEAVE_SECONDS, dies.after, len(group))
        return accepted

    replace(NewComplaints, "store", stored)


def slow_sends() -> None:
    """Stand still for a moment between reading the outbox and sending."""
    send = RecoveringProducer.send

    async def sent(self: RecoveringProducer, records: Sequence[Any]) -> list[bool]:
        await asyncio.sleep(random() * _LONGEST_STALL_SECONDS)
        return await send(self, records)

    replace(RecoveringProducer, "send", sent)


def before_offsets() -> None:
    """Die, in every life anew, when slices are applied and the group has not been told."""
    commit = Offsets.commit

    async def committed(self: Offsets, member: Any) -> None:
        if self.uncommitted:
            _die_again("before-offsets")
        await commit(self, member)

    replace(Offsets, "commit", committed)


def before_mark() -> None:
    """Die, in every life anew, when the brokers have acknowledged a batch and no row of it is marked."""

    async def mark(_self: Unpublished, _positions: Sequence[int]) -> None:
        _die_again("before-mark")

    replace(Unpublished, "mark", mark)


def deaths(directory: Path, failpoint: str, instance: str) -> int:
    """Return how often a replica has died at one of the points that it dies at again and again."""
    note = _note(directory, failpoint, instance)
    return note.stat().st_size if note.exists() else 0


def _die_again(cause: str) -> None:
    with _note(Path(os.environ[DEATHS]), cause, os.environ["JIEBAN_INSTANCE"]).open("ab") as note:
        note.write(b".")
    os.kill(os.getpid(), signal.SIGKILL)


def _note(directory: Path, cause: str, instance: str) -> Path:
    return directory / f"{cause}-{instance}"


class _Death:
    """Comes once over all starts of a replica, when enough has passed."""

    def __init__(self, cause: str) -> None:
        self._note = _note(Path(os.environ[DEATHS]), cause, os.environ["JIEBAN_INSTANCE"])
        self._passed = 0

    def after(self, items: int) -> None:
        """Count items, and die if they are enough."""
        self._passed += items
        if self._passed >= _FIRST_ITEMS and not self._note.exists():
            self._note.touch()
            os.kill(os.getpid(), signal.SIGKILL)


FAILPOINTS: Mapping[str, Callable[[], None]] = {
    "between-send-and-mark": between_send_and_mark,
    "before-slice-commits": before_slice_commits,
    "after-answers": after_answers,
    "slow-sends": slow_sends,
}
"""Each kills a replica once, or only slows it down: a sound system comes to rest with all of them."""
RECURRING: Mapping[str, Callable[[], None]] = {"before-offsets": before_offsets, "before-mark": before_mark}
"""Each kills as often as its point is reached, until the replica is started without it."""
