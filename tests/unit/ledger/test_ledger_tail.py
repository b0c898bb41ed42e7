"""A tail sees every entry once, in whatever order transactions commit."""

from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st

from ledger_service.domain import tail as tail_module
from ledger_service.domain.tail import Tail


@dataclass
class Ledger:
    """Transactions that take numbers, then positions, and commit in any order."""

    following: int = 100
    position: int = 0
    open: dict[int, list[int]] = field(default_factory=dict)
    visible: set[int] = field(default_factory=set)

    def begin(self) -> None:
        self.open[self.following] = []
        self.following += 1

    def write(self, transaction: int) -> None:
        self.position += 1
        self.open[transaction].append(self.position)

    def commit(self, transaction: int) -> None:
        self.visible.update(self.open.pop(transaction))

    @property
    def oldest(self) -> int:
        return min(self.open, default=self.following)


def look(tail: Tail, ledger: Ledger, size: int) -> list[int]:
    new = sorted(each for each in ledger.visible if each > tail.horizon and each not in tail.seen)[:size]
    tail.follow(new, is_all=len(new) < size, oldest=ledger.oldest, following=ledger.following)
    return new


STEPS = st.lists(st.tuples(st.sampled_from(["begin", "write", "commit", "look"]), st.integers(0, 9)), max_size=120)


LATE_PAIR = ["begin", "begin", "write", "write", "write", "commit", "look", "commit", "look"]


@given(steps=STEPS, size=st.integers(1, 4))
@example(steps=[*zip(LATE_PAIR, [0, 0, 0, 0, 1, 1, 0, 0, 0], strict=True)], size=1)  # a page shows half of a commit
def test_every_entry_is_seen_once(steps: list[tuple[str, int]], size: int) -> None:
    ledger, tail, seen = Ledger(), Tail(0, ()), list[int]()
    for step, pick in steps:
        transactions = sorted(ledger.open)
        if step == "begin":
            ledger.begin()
        elif step == "look":
            seen += look(tail, ledger, size)
        elif transactions:
            getattr(ledger, step)(transactions[pick % len(transactions)])
        assert all(position > tail.horizon for positions in ledger.open.values() for position in positions)
    for transaction in sorted(ledger.open):
        ledger.commit(transaction)
    while new := look(tail, ledger, size):
        seen += new
    assert sorted(seen) == sorted(ledger.visible)
    assert len(set(seen)) == len(seen)


def test_the_horizon_follows_once_older_transactions_are_over() -> None:
    tail = Tail(0, ())
    tail.follow([1, 2, 4], is_all=True, oldest=100, following=105)
    assert tail.horizon == 0
    tail.follow([], is_all=True, oldest=104, following=106)
    assert tail.horizon == 0
    tail.follow([3], is_all=True, oldest=105, following=106)
    assert (tail.horizon, tail.seen) == (4, set())


def test_who_takes_too_long_is_not_waited_for() -> None:
    tail = Tail(0, range(1, tail_module.MOST_SEEN + 11))
    assert tail.horizon == 10
    assert len(tail.seen) == tail_module.MOST_SEEN
