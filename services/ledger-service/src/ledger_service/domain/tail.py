"""Where a reader of the newest entries is: entries appear in the order of their commits, not of their positions."""

from collections.abc import Collection, Sequence

MOST_SEEN = 20_000
"""A transaction that takes longer than so many others is not waited for: its entries are missing from a live view."""


class Tail:
    """What a reader has seen behind the horizon: a position up to which no entry can appear any more.

    The horizon follows the newest entry once all transactions that were open when that was seen are over, and all that
    they wrote up to there was seen. (A transaction has its number before it takes positions.)
    """

    def __init__(self, horizon: int, seen: Collection[int]) -> None:
        """`horizon` must be one, or 0; `seen` is what was there behind it."""
        self.horizon = horizon
        self.seen = set(seen)
        self._watched = horizon
        self._barrier: int | None = None
        self._forget()

    @property
    def newest(self) -> int:
        """The last position that was seen, or the horizon."""
        return max(self.seen, default=self.horizon)

    def follow(self, positions: Sequence[int], *, is_all: bool, oldest: int, following: int) -> None:
        """Note what was seen in a snapshot: the first entries that were new in it, in order.

        `is_all` says that there were no others. No transaction before `oldest` was open then, and none from
        `following` on had begun.
        """
        self.seen.update(positions)
        if self._barrier is None or oldest >= self._barrier:
            known = self._watched if is_all else min(self._watched, positions[-1])
            if self._barrier is not None:
                self.horizon = max(self.horizon, known)
            if known == self._watched:
                self._watched, self._barrier = self.newest, following
        self._forget()

    def _forget(self) -> None:
        if len(self.seen) > MOST_SEEN:
            self.horizon = max(self.horizon, sorted(self.seen)[-MOST_SEEN - 1])
            self._watched = max(self._watched, self.horizon)
        self.seen = {position for position in self.seen if position > self.horizon}
