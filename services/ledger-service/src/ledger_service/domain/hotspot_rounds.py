"""What a round of looking comes to: which hot spots are new, have changed, are over."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from ledger_service.domain.clusters import Cluster
from ledger_service.domain.hotspot_matching import matched, successor
from ledger_service.domain.hotspot_rules import Period, Rules
from ledger_service.domain.hotspots import Hotspot, Member, State, describe, reporters


class Finding(NamedTuple):
    """A cluster and its complaints in the window."""

    cluster: Cluster
    members: Sequence[Member]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One look at a tenant's complaints."""

    tenant: str
    rules: Rules
    period: Period
    new_id: Callable[[], UUID]

    def outcome(self, known: Collection[Hotspot], found: Sequence[Finding]) -> list[Hotspot]:
        """Return what is to be told: hot spots that are new or have changed, then those that are over.

        `known` are the live ones and those lately over.
        """
        before = matched(known, [each.cluster for each in found])
        present: list[Hotspot] = []
        for place, finding in enumerate(found):
            present += self._present(finding, before.get(place))
        at, unchanged = self.period.at, set(known)
        ids = {spot.id for spot in present}
        over = [
            spot.ended(at, merged_into=successor(spot, present))
            for spot in known
            if spot.state is State.LIVE and spot.id not in ids
        ]
        return [spot for spot in present if spot not in unchanged] + over

    def _present(self, finding: Finding, known: Hotspot | None) -> list[Hotspot]:
        """Return the hot spot that a cluster is, if it is one: it takes several people to begin one."""
        cluster, members = finding
        is_live = known is not None and known.state is State.LIVE
        if not members or not (is_live or reporters(members) >= self._reporters_needed(cluster)):
            return []
        description = describe(cluster, members, self.period)
        if known is None:
            return [Hotspot.new(self.tenant, self.new_id(), cluster.category, description, self.period.at)]
        return [known.seen(description, self.period.at)]

    def _reporters_needed(self, cluster: Cluster) -> int:
        level = cluster.category.count(".") + 1
        return next(rule.min_reporters for rule in self.rules.levels if rule.level == level)
