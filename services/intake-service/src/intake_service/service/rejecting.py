"""Makes the ending of a complaint that is rejected: the reason and what its reporter is advised."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import Advice
from intake_service.domain.rejection import Reason
from intake_service.persistence.rejection_templates import TEMPLATES
from intake_service.persistence.tables import complaint as table
from intake_service.service.ending import Ending
from operations.problems import invalid, not_found


@dataclass(frozen=True, slots=True)
class Rejection:
    """What an operator says: a template, or an advice in Chinese and perhaps English."""

    reason: Reason
    template: str | None
    department: str | None
    advice: tuple[str, str | None] | None
    note: str | None


async def rejection_of(engine: AsyncEngine, complaint_id: UUID, tenant: str, wanted: Rejection) -> Ending:
    """Return the ending.

    Raises Problem: 404 for a complaint that the tenant has not, 422 for a template that there is none of, or one that
    names a department where none is given.
    """
    query = sa.select(table.c.number).where(table.c.id == complaint_id, table.c.tenant == tenant)
    async with engine.connect() as connection:
        number = (await connection.execute(query)).scalar_one_or_none()
        kept = await TEMPLATES.read(connection, tenant)
    if number is None:
        raise not_found()
    if wanted.advice is not None:
        advice = Advice(zh=wanted.advice[0], en=wanted.advice[1])
    else:
        template = kept.settings.by_code.get(wanted.template or "")
        if template is None:
            raise invalid("/template", "template-unknown", given=wanted.template)
        if template.needs_department and wanted.department is None:
            raise invalid("/department", "department-missing")
        advice = template.fill(number, wanted.department)
    data = {"code": wanted.reason, "advice": advice.model_dump(exclude_none=True), "template": wanted.template}
    return Ending("rejected", wanted.note, {name: value for name, value in data.items() if value is not None})
