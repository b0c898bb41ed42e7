"""Hot spots among real messages of citizens, where these are at hand.

They have no coordinates: each goes to a place of its own for the name that its subject gives after the district, so
that what is together is what people said together. All are taken for one category.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import pytest

from ledger_service.domain.clusters import Spot, Survey, find
from ledger_service.domain.hotspot_rules import LevelRule, Period, Rules
from ledger_service.domain.terrain import Terrain, cell_of
from unit.ledger.towns import tallies

MESSAGES = Path(__file__).parents[4] / "shared" / "data" / "citizen-messages.jsonl"
A_MONTH = Rules(
    window_days=28,
    baseline_days=112,
    levels=(LevelRule(level=2, min_count=5, min_reporters=3, significance=0.01),),
)
CATEGORY = "messages.all"
PLACE = re.compile(r"(?:[A-Z]\d*[市区县])+([\u4e00-\u9fff]{4})")
SHANGHAI = timedelta(hours=8)


def cell_named(name: str) -> int:
    number = crc32(name.encode())
    return cell_of(113 + number % 1000 * 0.004, 28 + number // 1000 % 1000 * 0.004)


def moment(text: str) -> datetime:
    return datetime.strptime(text.replace("/", "-"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - SHANGHAI


def read() -> list[tuple[datetime, str]]:
    """Return when each message with a named place was written, and the place."""
    lines = map(json.loads, MESSAGES.read_text("utf-8").splitlines())
    found = ((moment(line["time"]), PLACE.search(line["subject"])) for line in lines)
    return [(at, match[1]) for at, match in found if match is not None]


@pytest.mark.skipif(not MESSAGES.exists(), reason="the citizens' messages are not beside the project")
def test_the_problems_of_a_month_are_found_among_real_messages() -> None:
    messages = read()
    names = {cell_named(name): name for _, name in messages}
    spots = [(when, Spot(CATEGORY, cell_named(name))) for when, name in messages]
    told: dict[str, str] = {}
    for day in range(180, 365, 2):
        at = datetime(2019, 1, 1, 4, tzinfo=UTC) + timedelta(days=day)
        period = Period.of(A_MONTH, at, datetime(2019, 1, 1, tzinfo=UTC).date())
        recent = tallies(spot for when, spot in spots if period.since <= when <= at)
        before = tallies(spot for when, spot in spots if period.before <= when < period.since)
        survey = Survey(Terrain(recent), recent, before, {CATEGORY: sum(before[CATEGORY].counts)}, period.share)
        for cluster in find(survey, A_MONTH, {}):
            told.setdefault(names[min(cluster.hot)], f"{at:%Y-%m}")
    # parking spaces sold with flats, fumes of restaurants, and a concrete plant beside flats: each in dozens of words
    assert told["伊景园滨"] == "2019-08"
    assert told["劳动东路"] in ("2019-07", "2019-08")
    assert told["丽发新城"] in ("2019-11", "2019-12")
    assert len(told) <= 8
