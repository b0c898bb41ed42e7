"""Rows to answers."""

from typing import Any

from contracts.roles import STAFF, Role
from intake_service.api.schemas import SuggestedCategory
from intake_service.api.texts import STATUS_LABELS
from intake_service.api.view_schemas import (
    ComplaintView,
    LocationOut,
    MasterProgress,
    NameOut,
    ReclassificationOut,
    ReporterOut,
    Step,
)
from intake_service.domain.configuration.shipped import VERSION
from intake_service.service.references import Naming
from runtime.auth import Caller

MAY_CONTACT = (Role.OPERATOR, Role.SUPERVISOR)
"""Who sees a reporter's name, phone and email, besides the reporter, unless it is confidential."""


def complaint_view(row: Any, caller: Caller, naming: Naming) -> ComplaintView:
    """Return what `caller` sees of a complaint that they may see."""
    contact = _sees_reporter(row, caller)
    origin = row.origin or {}
    given = {"lon": row.given_lon, "lat": row.given_lat, "crs": row.given_crs} if row.given_crs is not None else None
    return ComplaintView(
        id=row.id,
        number=row.number,
        status=row.status,
        version=row.version,
        configuration_version=row.configuration or VERSION,
        source=row.source,
        source_name=_name(naming.source(row.source)),
        proactive=row.proactive,
        kind=row.kind,
        category=row.category,
        category_name=_name(naming.category(row.category)),
        suggested_category=SuggestedCategory(code=row.suggested_category, confidence=row.suggested_confidence)
        if row.suggested_category is not None
        else None,
        description=row.description,
        location=LocationOut(lon=row.lon, lat=row.lat, address=row.address, given=given),
        reporter=ReporterOut(name=row.name, phone=row.phone, email=row.email, anonymous=row.anonymous)
        if contact
        else None,
        outside_area=row.outside_area,
        confidential=row.confidential,
        station=origin.get("station"),
        device=origin.get("device"),
        order=origin.get("order"),
        unit=row.unit,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        updated_at=row.updated_at,
        erased_at=row.erased_at,
        external_ref=row.external_ref,
        attributes=row.attributes or {},
        attachments=sorted([*row.attachments, *row.taken_over]) if caller.has(*STAFF) else row.attachments,
        reclassifications=_reclassifications(row, caller),
        merged_into=row.merged_into if caller.has(*STAFF) else None,
        merged=row.merged if caller.has(*STAFF) else [],
        affected=row.affected,
        progress=progress_of(row),
    )


def _reclassifications(row: Any, caller: Caller) -> list[ReclassificationOut]:
    hidden = set() if caller.has(*STAFF) else {"reason", "by"}
    return [
        ReclassificationOut(**{name: value for name, value in each.items() if name not in hidden})
        for each in row.reclassifications
    ]


def status_label(status: str, language: str) -> str:
    """Return what a state is called."""
    return STATUS_LABELS.get(status, (status, status))[language == "en"]


def master_view(row: Any, language: str) -> MasterProgress:
    """Return how a complaint stands that stands for others, for their reporters."""
    return MasterProgress(
        status=row.status,
        status_label=status_label(row.status, language),
        unit=row.unit,
        updated_at=row.updated_at,
        progress=progress_of(row),
    )


def _name(names: tuple[str, str] | None) -> NameOut | None:
    return None if names is None else NameOut(zh=names[0], en=names[1])


def _sees_reporter(row: Any, caller: Caller) -> bool:
    """Whether `caller` sees who reported it; who has taken down what is confidential does not see it again."""
    if row.confidential:
        return caller.has(Role.SUPERVISOR) or row.owner == caller.subject
    return caller.has(*MAY_CONTACT) or bool(row.created_by == caller.subject)


def progress_of(row: Any) -> list[Step]:
    """Return the states that a complaint went through; what left its state as it was is in the timeline only."""
    steps = (Step.model_validate(step) for step in row.progress if "status" in step)
    return [Step(status="received", at=row.received_at), *steps]
