"""How often one caller may ask: counted in this process, so with several replicas a caller may ask so much oftener."""

from collections import OrderedDict, deque
from datetime import timedelta

from runtime import clock
from runtime.problems import Problem

_MOST_CALLERS = 20_000


class AskingLimit:
    """Lets each caller ask so many times in a span of time."""

    def __init__(self, times: int, within: timedelta) -> None:
        """Remember the newest callers only; the limit is against many questions, not against many callers."""
        self._times = times
        self._within = within
        self._asked: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def take(self, tenant: str, subject: str) -> None:
        """Count one question; raises Problem 429 `asked-too-often`, with `Retry-After`, for one too many."""
        now = clock.now().timestamp()
        asked = self._asked.setdefault((tenant, subject), deque(maxlen=self._times))
        self._asked.move_to_end((tenant, subject))
        if len(self._asked) > _MOST_CALLERS:
            self._asked.popitem(last=False)
        if len(asked) == self._times and (wait := asked[0] + self._within.total_seconds() - now) > 0:
            raise Problem(
                429,
                "asked-too-often",
                headers={"Retry-After": str(int(wait) + 1)},
                times=self._times,
                minutes=int(self._within.total_seconds() // 60),
            )
        asked.append(now)
