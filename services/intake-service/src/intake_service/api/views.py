"""Rows to answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.roles import STAFF, Role
from intake_service.api.texts import STATUS_LABELS
from intake_service.api.view_schemas import ComplaintView, ReporterOut, Step
from intake_service.domain.configuration.shipped import VERSION
from intake_service.service.references import Naming
from runtime.auth import Caller

MAY_CONTACT = (Role.OPERATOR, Role.SUPERVISOR)
"""Who sees a reporter's name, phone and email, besides the reporter, unless it is confidential."""
_AS_STORED = (
    "id",
    "number",
    "status",
    "version",
    "source",
    "proactive",
    "kind",
    "category",
    "description",
    "outside_area",
    "confidential",
    "unit",
    "occurred_at",
    "received_at",
    "updated_at",
    "erased_at",
    "external_ref",
    "affected",
    "station_known",
)


def complaint_view(row: Any, caller: Caller, naming: Naming) -> ComplaintView:
    """Return what `caller` sees of a complaint that they may see."""
    return ComplaintView.model_validate(facts_of(row, caller, naming))


def facts_of(row: Any, caller: Caller, naming: Naming) -> dict[str, Any]:
    """Return the fields of a `ComplaintView`, for it and what extends it: on a page, each is checked as a whole.

    `row` is one of `complaint_lists.READ`.
    """
    is_staff = caller.has(*STAFF)
    stored = dict(zip(row._fields, row, strict=True))  # an attribute of a row costs as much as many of a dictionary
    origin = stored["origin"] or {}
    given = (
        {"lon": stored["given_lon"], "lat": stored["given_lat"], "crs": stored["given_crs"]}
        if stored["given_crs"] is not None
        else None
    )
    return {
        **{name: stored[name] for name in _AS_STORED},
        "configuration_version": stored["configuration"] or VERSION,
        "source_name": _name(naming.source(stored["source"])),
        "category_name": _name(naming.category(stored["category"])),
        "suggested_category": {"code": stored["suggested_category"], "confidence": stored["suggested_confidence"]}
        if stored["suggested_category"] is not None
        else None,
        "location": {"lon": stored["lon"], "lat": stored["lat"], "address": stored["address"], "given": given},
        "reporter": {name: stored[name] for name in ReporterOut.model_fields}
        if _sees_reporter(stored, caller)
        else None,
        "station": origin.get("station"),
        "device": origin.get("device"),
        "order": origin.get("order"),
        "attributes": stored["attributes"] or {},
        "attachments": sorted([*stored["attachments"], *stored["taken_over"]]) if is_staff else stored["attachments"],
        "reclassifications": _reclassifications(stored["reclassifications"], is_staff),
        "merged_into": stored["merged_into"] if is_staff else None,
        "merged": stored["merged"] if is_staff else [],
        "progress": _steps_of(stored["received_at"], stored["progress"]),
    }


def _reclassifications(given: Sequence[Mapping[str, Any]], is_staff: bool) -> list[dict[str, Any]]:
    hidden = set() if is_staff else {"reason", "by"}
    return [{name: value for name, value in each.items() if name not in hidden} for each in given]


def status_label(status: str, language: str) -> str:
    """Return what a state is called."""
    return STATUS_LABELS.get(status, (status, status))[language == "en"]


def _name(names: tuple[str, str] | None) -> dict[str, str] | None:
    return None if names is None else {"zh": names[0], "en": names[1]}


def _sees_reporter(stored: Mapping[str, Any], caller: Caller) -> bool:
    """Whether `caller` sees who reported it; who has taken down what is confidential does not see it again."""
    if stored["confidential"]:
        return caller.has(Role.SUPERVISOR) or stored["owner"] == caller.subject
    return caller.has(*MAY_CONTACT) or bool(stored["created_by"] == caller.subject)


def progress_of(row: Any) -> list[Step]:
    """Return the states that a complaint went through; what left its state as it was is in the timeline only."""
    return [Step.model_validate(step) for step in _steps_of(row.received_at, row.progress)]


def _steps_of(received_at: datetime, progress: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{"status": "received", "at": received_at}, *(step for step in progress if "status" in step)]
