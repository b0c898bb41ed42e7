"""A year of activities of the demo county, the same at every run.

What is recorded from 1 January to 14 October 2024 comes to the figures of a newspaper article on Guiding county; how it
is spread over days, communities and teams is generated, and so is all that follows in that year.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from ledger_service.domain.activity import Facts

_NAMES = UUID("8b0c4b9a-2b57-4f4b-9c55-3f6d1f0f6a10")
_SEED = 20241014
_COMMUNITIES, _COLUMNS = 15, 5
_WEST, _NORTH = 107.1757, 26.6257
_WIDTH, _HEIGHT = 0.024, 0.03
"""Degrees of a grid of the demo county; its middle is inside it whatever its borders look like."""


class Spread(NamedTuple):
    """A kind's quantity, spread over so many activities."""

    quantity: int
    activities: int


class Season(NamedTuple):
    """What happened from a day to a day, both included."""

    first: date
    last: date
    kinds: Mapping[str, Spread]


SEASONS = (
    Season(
        date(2024, 1, 1),
        date(2024, 10, 14),
        {
            "small_ads": Spread(8_100, 60),
            "leaflets": Spread(1_150, 40),
            "explanations": Spread(1_350, 45),
            "dog_cases": Spread(160, 40),
            "officer_deployments": Spread(80, 20),
            "verbal_educations": Spread(40, 20),
            "reported_cases": Spread(2, 2),
            "cases_filed": Spread(4, 4),
            "vendors": Spread(1_500, 60),
            "road_occupation": Spread(500, 45),
            "parking": Spread(1_000, 50),
            "charging_cables": Spread(60, 25),
        },
    ),
    Season(
        date(2024, 10, 15),
        date(2024, 12, 31),
        {
            "small_ads": Spread(900, 12),
            "campaigns": Spread(6, 6),
            "visits": Spread(240, 15),
            "mediations": Spread(9, 9),
            "deliberations": Spread(5, 5),
            "parking": Spread(180, 10),
        },
    ),
)


def year(tenant: str, zone: ZoneInfo) -> Iterator[tuple[UUID, Facts]]:
    """Yield all activities with their ids, which are the same for a tenant at every run."""
    rng = random.Random(_SEED)  # noqa: S311 - scenery, not security
    number = 0
    for season in SEASONS:
        for kind, spread in season.kinds.items():
            for quantity in _parts(rng, spread):
                number += 1
                yield uuid5(_NAMES, f"{tenant}/{number}"), _facts(rng, kind, quantity, _moment(rng, season, zone))


def _parts(rng: random.Random, spread: Spread) -> list[int]:
    """Return as many numbers from 1 up as there are activities; they add up to the quantity."""
    cuts = sorted(rng.sample(range(1, spread.quantity), spread.activities - 1))
    return [end - start for start, end in zip([0, *cuts], [*cuts, spread.quantity], strict=True)]


def _moment(rng: random.Random, season: Season, zone: ZoneInfo) -> datetime:
    day = season.first + timedelta(days=rng.randint(0, (season.last - season.first).days))
    return datetime.combine(day, time(rng.randint(8, 17), rng.randint(0, 59)), zone)


def _facts(rng: random.Random, kind: str, quantity: int, happened_at: datetime) -> Facts:
    place = rng.randrange(_COMMUNITIES)
    row, column = divmod(place, _COLUMNS)
    code = f"{place + 1:02}"
    return Facts(
        kind=kind,
        quantity=quantity,
        happened_at=happened_at,
        community=f"community-{code}",
        grid=f"grid-{code}",
        team=f"team-{code}",
        people=rng.randint(2, 6),
        lon=round(_WEST + (column + rng.uniform(0.38, 0.62)) * _WIDTH, 6),
        lat=round(_NORTH - (row + rng.uniform(0.38, 0.62)) * _HEIGHT, 6),
    )
