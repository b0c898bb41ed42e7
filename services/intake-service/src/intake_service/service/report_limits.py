"""How many complaints a citizen may file in an hour and in a day, and how many with one phone and from one device.

In any span the limit may be filed, and beside that what other replicas let in before this one has read of it: never
more than the limit at each of them (`report_counts`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from prometheus_client import Counter

from intake_service.domain.recent_reports import By, Filed, Key
from intake_service.service.report_counts import ReportCounts
from runtime.problems import Problem
from runtime.settings import RuntimeSettings

REFUSED = Counter(
    "jieban_reports_over_limit_total", "Reports that were refused as one too many, by whose limit", ["by"]
)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_CODES: Mapping[By, str] = {
    "account": "reports-too-often",
    "phone": "phone-reports-too-often",
    "device": "device-reports-too-often",
}
Limits: TypeAlias = Mapping[By, Collection[tuple[timedelta, int]]]
"""In which span how many at most; without a limit there is no entry."""


def limits_of(settings: RuntimeSettings) -> Limits:
    """Return the limits that are set."""
    given: Mapping[By, tuple[int | None, int | None]] = {
        "account": (settings.reports_per_hour, settings.reports_per_day),
        "phone": (settings.reports_per_phone_hour, settings.reports_per_phone_day),
        "device": (settings.reports_per_device_hour, settings.reports_per_device_day),
    }
    limits = {
        by: [(span, most) for span, most in zip((_HOUR, _DAY), spans, strict=True) if most]
        for by, spans in given.items()
    }
    return {by: each for by, each in limits.items() if each}


def refusal(limits: Limits, counts: ReportCounts, keys: Mapping[By, Key], at: datetime) -> Problem | None:
    """Return the refusal of one more, 429 with a code for each kind of limit: of several the one to wait longest for.

    None where it may be filed.
    """
    refusals = [
        problem
        for by, spans in limits.items()
        if by in keys
        for problem in _refusals(by, spans, counts.of(keys[by]).values(), at)
    ]
    return max(refusals, key=lambda each: int(each.headers["Retry-After"]), default=None)


def count_refusal(refused: Problem) -> None:
    """Count a refusal that is given: a repeat of what was filed gets its answer instead."""
    REFUSED.labels(next(by for by, code in _CODES.items() if code == refused.code)).inc()


def _refusals(
    by: By, spans: Iterable[tuple[timedelta, int]], filed: Collection[Filed], at: datetime
) -> Iterator[Problem]:
    for span, most in spans:
        times = sorted(each.at for each in filed if each.at > at - span)
        if len(times) >= most:
            wait = (times[-most] + span - at).total_seconds()
            yield Problem(
                429,
                _CODES[by],
                headers={"Retry-After": str(int(wait) + 1)},
                most=most,
                hours=int(span / _HOUR),
            )
