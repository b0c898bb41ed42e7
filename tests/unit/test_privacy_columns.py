"""Of every column that could say something of a person, somebody has decided what an erasure does with it.

A new column of text, JSON or position about complaints makes this fail: erase it (`persistence/erasing.py` of the
service), or say here that nobody writes freely in it. See docs/privacy.md.
"""

import inspect
import re
from types import ModuleType

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

import dispatch_service.persistence.erasing
import dispatch_service.persistence.tables
import intake_service.persistence.attachment_tables
import intake_service.persistence.draft_tables
import intake_service.persistence.erasing
import ledger_service.persistence.erasing
import ledger_service.persistence.tables

_CODES = frozenset(
    [
        "number",
        "status",
        "status_before",
        "status_after",
        "ended_as",
        "state",
        "source",
        "category",
        "suggested_category",
        "suggested_confidence",
        "category_confidence",
        "kind",
        "type",
        "role",
        "grade",
        "clock_unit",
        "community",
        "grid",
        "team",
        "team_name",
        "unit",
        "supporting",
        "proposed_team",
        "next_team",
        "responsible_team",
        "department",
        "handling_mode",
        "outcome",
        "decision",
        "ending",
        "satisfaction",
        "follow_up",
        "reinspection",
        "explanation",
        "earlier_explanations",
        "work",
        "release_state",
        "release_ending",
        "media_type",
        "reasons",
    ]
)
"""Words of lists, codes, names of units and texts of rules, wherever they stand."""
_STAFF = frozenset(
    [
        "written_by",
        "asked_by",
        "claimed_by",
        "decided_by",
        "ordered_by",
        "replied_by",
        "withdrawn_by",
        "transferred_by",
        "ended_by",
        "appealed_by",
        "inspected_by",
        "recorded_by",
        "done_by",
        "by",
        "lead",
        "officer",
        "worker",
        "assignee",
        "subject",
    ]
)
"""Subjects of the bureau's own people (and ledger entries have `actor`, which goes)."""
_KEPT = {
    "intake": {"complaint.external_ref"},
    "dispatch": {"case_contribution.actor"},
    "ledger": {"hotspot_point.lon", "hotspot_point.lat"}
    | {"ledger_complaint.unknown_photos", "held_cause.traceparent"}
    | {f"loose_end.{name}" for name in ("service", "reason", "why", "stated_by")},
}
"""Kept on purpose: what keeps a partner from sending it all again; staff; what the reader of hot spots removes;
what the one of unknown photos empties; which trace a request belongs to; words of lists that say what has no place."""
_ROWS_THAT_GO = {
    "intake": {"reporter", "draft", "attachment", "attachment_file", "attachment_upload", "complaint_likeness"},
    "dispatch": set[str](),
    "ledger": set[str](),
}
_SERVICES = {
    "intake": (intake_service.persistence.attachment_tables.attachment.metadata, intake_service.persistence.erasing),
    "dispatch": (dispatch_service.persistence.tables.metadata, dispatch_service.persistence.erasing),
    "ledger": (ledger_service.persistence.tables.metadata, ledger_service.persistence.erasing),
}
_TELLING = (sa.Text, JSONB, sa.ARRAY, sa.Double)


def _about_complaints(metadata: sa.MetaData) -> list[sa.Table]:
    return [each for each in metadata.sorted_tables if "complaint_id" in each.c or each.name == "complaint"]


def _telling(table: sa.Table) -> set[str]:
    named = {column.name for column in table.c if isinstance(column.type, _TELLING)}
    return named - _CODES - _STAFF - {"tenant"}


def _erased(module: ModuleType, table: str) -> set[str]:
    """Return the columns that the module's statements set in a table, read from its source."""
    source = inspect.getsource(module)
    updates = re.findall(rf"UPDATE {table}\b(.*?)(?:\bFROM\b|\bWHERE\b)", source, re.DOTALL)
    updates += re.findall(rf'"{table}": (.*?)"(?:,\n|\n}})', source, re.DOTALL)
    return set(re.findall(r"\b(\w+) = ", " ".join(updates)))


@pytest.mark.parametrize("service", _SERVICES)
def test_an_erasure_takes_every_column_that_somebody_writes_freely(service: str) -> None:
    metadata, module = _SERVICES[service]
    left = {
        f"{table.name}.{column}"
        for table in _about_complaints(metadata)
        if table.name not in _ROWS_THAT_GO[service]
        for column in _telling(table) - _erased(module, table.name)
    }
    assert left == _KEPT[service]


@pytest.mark.parametrize("service", _SERVICES)
def test_rows_that_are_said_to_go_are_deleted(service: str) -> None:
    source = inspect.getsource(_SERVICES[service][1])
    for table in _ROWS_THAT_GO[service]:
        assert f"DELETE FROM {table} " in source
