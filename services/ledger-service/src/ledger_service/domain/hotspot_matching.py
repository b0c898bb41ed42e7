"""Which cluster is which hot spot: as they move, grow, part and come together."""

from collections.abc import Iterable, Sequence, Set
from uuid import UUID

from ledger_service.domain.clusters import Cluster
from ledger_service.domain.hotspots import Hotspot, State
from ledger_service.domain.terrain import surroundings


def matched(known: Iterable[Hotspot], clusters: Sequence[Cluster]) -> dict[int, Hotspot]:
    """Return which clusters, by their place in the list, are which of the known hot spots, live or lately over.

    Of all pairs with a category and cells in common, live spots come before ended ones, then those that share most
    complaints, then most cells, then the older spot. A spot that parts stays with the part that holds most of it; of
    those that come together, the one stays that brings most. The order in which either list is given does not matter.
    """
    pairs = []
    for spot in known:
        cells = surroundings(spot.description.cells)
        for place, cluster in enumerate(clusters):
            common = cells & cluster.cells if cluster.category == spot.category else frozenset[int]()
            if common:
                shared = sum(count for each, count in cluster.spots.items() if each.cell in common)
                rank = (spot.state is State.ENDED, -shared, -len(common), spot.id, min(cluster.cells))
                pairs.append((rank, spot, place))
    found: dict[int, Hotspot] = {}
    taken: set[UUID] = set()
    for _, spot, place in sorted(pairs, key=lambda pair: pair[0]):
        if spot.id not in taken and place not in found:
            found[place] = spot
            taken.add(spot.id)
    return found


def successor(spot: Hotspot, present: Iterable[Hotspot]) -> UUID | None:
    """Return the id of the present spot that one has become a part of: that which shares most cells; None for none."""
    cells = surroundings(spot.description.cells)
    shared = {each.id: len(cells & surroundings(each.description.cells)) for each in present if _alike(spot, each)}
    best = max(shared, key=lambda each: (shared[each], -each.int), default=None)
    return best if best is not None and shared[best] else None


def warm_cells(live: Iterable[Hotspot]) -> dict[str, Set[int]]:
    """Return the hot cells of live hot spots by category."""
    cells: dict[str, set[int]] = {}
    for spot in live:
        cells.setdefault(spot.category, set()).update(spot.description.cells)
    return dict(cells)


def _alike(one: Hotspot, other: Hotspot) -> bool:
    return one.category == other.category and one.id != other.id
