"""What routes of intake are given."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from intake_service.persistence.queries import Complaints
from intake_service.service.references import References
from operations.deps import Administrator, Engine, ReadEngine, Staff
from operations.problems import not_found
from runtime.auth import Caller

__all__ = ["Administrator", "Engine", "Known", "ReadEngine", "Staff", "seen_by"]


async def _references(request: Request) -> References:
    references: References = request.app.state.references
    return references


Known = Annotated[References, Depends(_references)]
"""The configuration of every tenant."""


async def seen_by(caller: Caller, complaint_id: UUID, request: Request) -> Any:
    """Return a complaint that the caller may see; Problem 404 for none."""
    complaints: Complaints = request.app.state.complaints
    row = await complaints.one(complaint_id, caller)
    if row is None:
        raise not_found()
    return row
