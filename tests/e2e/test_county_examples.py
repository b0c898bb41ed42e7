"""The examples of docs/county.md, as they are printed, and what others are told of them."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from behaviour.broker import contents
from contracts.directory import ComponentChanged, OfficerChanged, PostChanged, TeamChanged, subject_of
from contracts.envelope import Event, parse
from contracts.topics import DIRECTORY
from e2e.county import County
from e2e.people import TENANT, eventually
from e2e.printed import ROOT, examples, prelude, run
from eventbus.kafka import KafkaConnection
from jieban.embedded.kafka import Kafka

pytestmark = pytest.mark.own_county


async def test_a_county_is_made_as_the_document_says_and_others_are_told(
    county: County, kafka: Kafka, tmp_path: Path
) -> None:
    text = (ROOT / "docs" / "county.md").read_text("utf-8")
    printed = run(county, prelude(county) + examples(text), tmp_path)
    assert '"skills":["dog_handling","electric"]' in printed
    assert '"pattern_gaps":[{"role":"enforcement_assistant","wanted":2,"present":0}' in printed
    assert printed.count('"created":["hill-1"]') == 2  # the dry run, and the real one
    assert '"retired":[]' in printed
    assert '"distance_metres":0}' in printed
    assert printed.count('"component_owner":{"code":"power","name":"供电局"}') == 2  # linked, and transferred there
    assert "things of the directory are published again" in printed
    assert (tmp_path / "officers.xlsx").read_bytes().startswith(b"PK")
    told = await _told(KafkaConnection(kafka.bootstrap_servers))
    team = told[subject_of(TENANT, "team", "hill")].data
    officer = told[subject_of(TENANT, "officer", "officer-7")].data
    gate = told[subject_of(TENANT, "post", "hill-gate")].data
    assert isinstance(team, TeamChanged)
    assert [member.subject for member in team.members] == ["officer-7"]
    assert isinstance(officer, OfficerChanged)
    assert officer.skills == ("dog_handling", "electric")
    assert isinstance(gate, PostChanged)
    assert gate.removed
    lamp = told[subject_of(TENANT, "component", "5227230118000001")].data
    assert isinstance(lamp, ComponentChanged)
    assert (lamp.owner, lamp.state) == ("power", "in_use")


async def _told(connection: KafkaConnection) -> dict[UUID, Event[Any]]:
    """Return the last event about each thing, once the team of the document has been told of again."""

    async def there() -> dict[UUID, Event[Any]] | None:
        events = [parse(each.headers, each.value) for each in await contents(connection, DIRECTORY.name)]
        last = {event.subject: event for event in events}
        team = last.get(subject_of(TENANT, "team", "hill"))
        return last if team is not None and team.sequence == 2 else None

    return await eventually(there)
