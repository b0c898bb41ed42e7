"""Departments and external systems that cases can be transferred to."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from dispatch_service.api.changing import NEW, Change
from dispatch_service.api.life_schemas import DepartmentBody, DepartmentView
from dispatch_service.api.places import CodeInPath
from dispatch_service.api.reference import Listing
from dispatch_service.persistence import reference
from dispatch_service.service.directory import DEPARTMENT
from operations.pages import Page
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/departments", tags=["transfers"], responses=PROBLEM_RESPONSES)
System = Annotated[str | None, Query(min_length=1, max_length=200)]


@router.get("")
async def list_departments(listing: Listing, contact_system: System = None) -> Page[DepartmentView]:
    """List departments in the order of their codes."""
    rows = await listing.rows("departments", reference.departments, {"contact_system": contact_system})
    return Page(items=[DepartmentView.model_validate(row) for row in rows])


@router.put("/{code}", responses=NEW)
async def put_department(code: CodeInPath, body: DepartmentBody, response: Response, change: Change) -> DepartmentView:
    """Add a department or change it as a whole."""
    return DepartmentView.model_validate(await change.put(DEPARTMENT, code, body.model_dump(), response))


@router.delete("/{code}", status_code=204)
async def remove_department(code: CodeInPath, change: Change) -> None:
    """Remove a department. 409 `place-in-use` where it owns components, or a case was ever transferred to it."""
    await change.remove(DEPARTMENT, code)
