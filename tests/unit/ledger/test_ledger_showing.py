"""What is drawn, named and disclosed."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from contracts.events import PAYLOADS
from contracts.lifecycle import ENDED, EventType, Status
from ledger_service.api.views import parse_data
from ledger_service.domain.disclosure import WORDS, Sight, for_reporter, shown
from ledger_service.domain.entry_types import OwnType
from ledger_service.domain.flow import final_states, mermaid
from ledger_service.domain.labels import EVENT_LABELS, STATUS_LABELS

CODES = {
    *("actor", "address", "asked_by", "category", "code", "community", "department", "department_name", "external_ref"),
    *(
        "former",
        "gates",
        "grid",
        "number",
        "officer",
        "ordered_by",
        "owner",
        "query_code_digest",
        "rule_code",
    ),
    *("source", "suggested", "supporting", "suspicions", "team", "team_name", "template"),
    *("zh", "en"),  # of the advice, which is among the words as a whole
}
INTERNAL = {"actor", "note", "team", "grid", "rule", "position", "owner", "request"}


def test_every_state_and_event_has_its_names() -> None:
    assert list(STATUS_LABELS) == list(Status)
    assert list(EVENT_LABELS) == list(EventType)


def test_reporters_see_fields_that_exist_and_nothing_internal() -> None:
    for event_type in EventType:
        fields = dict.fromkeys(PAYLOADS[event_type].model_fields, "value")
        shown = for_reporter(event_type, fields | {"added_later": "value"})
        assert shown.keys() <= fields.keys() - INTERNAL, event_type


def test_staff_do_not_see_what_reporters_are_known_by() -> None:
    received = {"number": "7", "source": "hotline", "owner": "citizen-1", "query_code_digest": "ab"}
    for sight in Sight:
        assert shown(EventType.RECEIVED, received, sight) == {"number": "7", "source": "hotline"}


def test_every_field_of_text_is_known_as_words_or_as_a_code() -> None:
    """A new field has to be put among one or the other before it is shown to whoever may not see words."""
    texts = {name for payload in PAYLOADS.values() for name in _texts(payload)}
    assert texts - WORDS - CODES == set()


def test_who_sees_facts_alone_gets_no_words_however_deep() -> None:
    escalated = {"level": 2, "order": {"text": "尽快", "deadline": "2026-03-02T08:00:00Z"}, "added_later": "老王"}
    assert shown(EventType.ESCALATED, escalated, Sight.FACTS) == {
        "level": 2,
        "order": {"deadline": "2026-03-02T08:00:00Z"},
    }
    assert shown(EventType.ESCALATED, escalated, Sight.ALL) == escalated
    ordered = {"until": "2026-03-02T08:00:00Z", "notice": "店主张某占道经营，限期整改"}
    assert shown(EventType.RECTIFICATION_ORDERED, ordered, Sight.FACTS) == {"until": ordered["until"]}
    recorded = {"kind": "visit", "quantity": 1, "note": "老王家"}
    assert shown(OwnType.ACTIVITY_RECORDED, recorded, Sight.FACTS) == {"kind": "visit", "quantity": 1}


def _texts(payload: type[BaseModel]) -> Iterator[str]:
    for name, field in payload.model_fields.items():
        parts = [field.annotation, *get_args(field.annotation)]
        if any(part is str or str in get_args(part) for part in parts):
            yield name
        for part in parts:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _texts(part)


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
