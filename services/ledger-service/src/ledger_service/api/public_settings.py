"""A tenant's choice of what is public."""

from fastapi import APIRouter, Response

from ledger_service.api.deps import Administrator, Engine, ReadEngine
from ledger_service.api.public_schemas import PublicationBody, PublicationView
from ledger_service.persistence import directory
from ledger_service.persistence.public_settings import PUBLICATIONS
from operations.problems import all_invalid, invalid
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.problems import PROBLEM_RESPONSES, FieldError

router = APIRouter(prefix="/public/settings", tags=["public"], responses=PROBLEM_RESPONSES)


@router.get("")
async def show_choice(response: Response, caller: Administrator, engine: ReadEngine) -> PublicationView:
    """Show what is made public."""
    async with engine.connect() as connection:
        kept = await PUBLICATIONS.read(connection, caller.tenant)
    response.headers["ETag"] = etag(kept.version)
    return PublicationView.of(kept)


@router.put("")
async def replace_choice(
    body: PublicationBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> PublicationView:
    """Replace the choice as a whole. Months that are due are published within a minute, and never again.

    Switching off hides everything at once; switched on again, the months that were published are there as they were.
    422 `unknown-category` for one that the tenant has not: nothing would ever be of it.
    """
    if body.is_on and body.first_month is None:
        raise invalid("/first_month", "first-month-missing")
    async with engine.connect() as connection:
        known = (await directory.known(connection, caller.tenant)).categories
    unknown = [
        FieldError(f"/categories/{place}", "unknown-category", {"given": code})
        for place, code in enumerate(body.categories or ())
        if code not in known
    ]
    if unknown:
        raise all_invalid(unknown)
    async with engine.begin() as connection:
        kept = await PUBLICATIONS.replace(
            connection,
            caller.tenant,
            body.publication(),
            check_version=lambda version: check(if_match, version),
            actor=caller.subject,
            now=now(),
        )
    response.headers["ETag"] = etag(kept.version)
    return PublicationView.of(kept)
