"""Supervision orders that are given by rule 自动督办: when a level of the time to resolve a case is reached."""

from collections.abc import Mapping
from datetime import datetime

from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.limits import Allowance
from dispatch_service.domain.requests import LONGEST_TERM
from dispatch_service.domain.stage_times import Level

RULE_ACTOR = "rule"
"""Who has given an order that nobody has given by hand."""
SupervisionRule = Mapping[Level, Allowance]
"""The levels at which a tenant's cases get an order by themselves, each with the time to answer it; none as shipped."""


def deadlines_of(rule: SupervisionRule, work: Clockwork, given_at: datetime) -> Mapping[Level, datetime]:
    """Return by when the orders of each level that are given then are to be answered."""
    return {level: min(work.end_of(within, given_at), given_at + LONGEST_TERM) for level, within in rule.items()}


def text_of(level: Level) -> str:
    """Return what an order of `level` says."""
    return (
        f"已用处置时限的 {level}%，自动督办：请回复办理进展和预计办结时间。"
        f"{level} % of the time to resolve the case have passed: say how it stands, and when it will be done."
    )
