"""Where a reader of the newest entries is: entries appear in the order of their commits, not of their positions."""

from collections.abc import Collection

MOST_SEEN = 20_000
"""A transaction that takes longer than so many others is not waited for: its entries are missing from a live view."""


class Tail:
    """What a reader has seen behind the horizon: a position up to which no entry can appear any more.

    The horizon follows the newest entry once all transactions that were open when that was seen are over. (A
    transaction has its number before it takes positions.)
    """

    def __init__(self, horizon: int, seen: Collection[int]) -> None:
        """`horizon` must be one, or 0; `seen` is what was there behind it."""
        self.horizon = horizon
        self.seen = set(seen)
        self._watched = horizon
        self._barrier: int | None = None
        self._forget()

    def follow(self, positions: Collection[int], *, oldest: int, following: int) -> None:
        """Note what was seen, without gaps from the first, in a snapshot.

        No transaction before `oldest` was open then, and none from `following` on had begun.
        """
        self.seen.update(positions)
        if self._barrier is None or oldest >= self._barrier:
            if self._barrier is not None:
                self.horizon = self._watched
            self._watched, self._barrier = max(self.seen, default=self.horizon), following
        self._forget()

    def _forget(self) -> None:
        if len(self.seen) > MOST_SEEN:
            self.horizon = max(self.horizon, sorted(self.seen)[-MOST_SEEN - 1])
            self._watched = max(self._watched, self.horizon)
        self.seen = {position for position in self.seen if position > self.horizon}
