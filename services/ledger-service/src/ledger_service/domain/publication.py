"""What a tenant makes public of its complaints, and when: each month once, some days after it has ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from contracts.lifecycle import Status
from ledger_service.domain.labels import Label

LEAST_K = 3
UNCLASSIFIED = "_unclassified"
"""未分类: what complaints without a category are told under; no code of a category begins like that."""
PLAIN_STATES: Mapping[Status, Label] = {
    Status.RECEIVED: Label("已收到，待安排", "Received, nobody assigned yet"),
    Status.ASSIGNED: Label("已安排处理", "A unit will look into it"),
    Status.ACCEPTED: Label("已安排处理", "A unit will look into it"),
    Status.IN_PROGRESS: Label("正在处理", "Being dealt with"),
    Status.SUSPENDED: Label("暂缓处理", "Has to wait"),
    Status.TRANSFERRED: Label("已转其他部门", "With another department"),
    Status.RESOLVED: Label("已处理，核查中", "Dealt with, being checked"),
    Status.VERIFIED: Label("已处理，核查中", "Dealt with, being checked"),
    Status.CLOSED: Label("已办结", "Done"),
    Status.WITHDRAWN: Label("已撤回", "Taken back"),
    Status.VOIDED: Label("已撤销", "Filed in error"),
    Status.REJECTED: Label("未受理", "Not for us to deal with"),
    Status.MERGED: Label("已并案", "Dealt with together with another report"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a tenant publishes; as shipped, nothing."""

    is_on: bool = False
    categories: tuple[str, ...] | None = None
    """Codes, each with all levels below it; None for all."""
    category_level: int = 1
    """To which level of categories it is told: 1 大类 or 2 小类."""
    first_month: date | None = None
    """The first day of the first month; None publishes nothing yet."""
    delay_days: int = 15
    """For how long after its end a month waits."""
    k: int = 5
    """No count below it is told."""
    cell_resolution: int = 8
    """Of H3: 8 has cells of 0.74 km²; lower is coarser."""
    lists_complaints: bool = True
    shows_map: bool = True

    @classmethod
    def of(cls, content: Mapping[str, Any] | None) -> Self:
        """Return what a tenant has set, or what is shipped."""
        if content is None:
            return cls()
        first, categories = content["first_month"], content["categories"]
        return cls(
            **{
                **content,
                "first_month": None if first is None else date.fromisoformat(first),
                "categories": None if categories is None else tuple(categories),
            }
        )

    def content(self) -> dict[str, Any]:
        """Return it as `of` takes it, fit for JSON."""
        first = None if self.first_month is None else self.first_month.isoformat()
        return {**asdict(self), "first_month": first}

    def months(self, now: datetime, zone: ZoneInfo) -> list[date]:
        """Return the months, by their first days, that may be public at `now`, in order."""
        found: list[date] = []
        month = self.first_month if self.is_on else None
        while month is not None and self._is_over(month, now, zone):
            found.append(month)
            month = next_month(month)
        return found

    def _is_over(self, month: date, now: datetime, zone: ZoneInfo) -> bool:
        return begin(next_month(month), zone) + timedelta(days=self.delay_days) <= now


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def begin(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a day begins."""
    return datetime.combine(day, time(), zone)
