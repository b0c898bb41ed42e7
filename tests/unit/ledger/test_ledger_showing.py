"""What is drawn, named and disclosed."""

from contracts.events import PAYLOADS
from contracts.lifecycle import ENDED, EventType, Status
from ledger_service.api.views import parse_data
from ledger_service.domain.disclosure import for_reporter
from ledger_service.domain.flow import final_states, mermaid
from ledger_service.domain.labels import EVENT_LABELS, STATUS_LABELS

INTERNAL = {"actor", "note", "team", "grid", "rule", "position", "owner", "request"}


def test_every_state_and_event_has_its_names() -> None:
    assert list(STATUS_LABELS) == list(Status)
    assert list(EVENT_LABELS) == list(EventType)


def test_reporters_see_fields_that_exist_and_nothing_internal() -> None:
    for event_type in EventType:
        fields = dict.fromkeys(PAYLOADS[event_type].model_fields, "value")
        shown = for_reporter(event_type, fields | {"added_later": "value"})
        assert shown.keys() <= fields.keys() - INTERNAL, event_type


def test_the_drawing_has_every_state_and_each_change_once() -> None:
    lines = [line.strip() for line in mermaid().splitlines()]
    assert lines[0] == "stateDiagram-v2"
    assert len(lines) == len(set(lines))
    assert {line.split()[0] for line in lines if " : " in line and "-->" not in line} == set(Status)
    assert "[*] --> received : 受理 received" in lines
    assert "in_progress --> withdrawn : 撤回 withdrawn" in lines
    assert "closed --> closed : 反馈评价 feedback_received<br>评价申诉 rating_appealed" in lines
    assert [line for line in lines if line.endswith(" voided")] == ["open --> voided : 作废 voided"]
    assert not any("release" in line for line in lines)


def test_what_ends_is_final() -> None:
    assert final_states() == ENDED


def test_numbers_that_json_cannot_say_become_null() -> None:
    assert parse_data('{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1e3}') == {
        "a": None,
        "b": None,
        "c": None,
        "d": 1000.0,
    }
