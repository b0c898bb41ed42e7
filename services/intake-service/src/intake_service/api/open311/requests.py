"""Service requests: asking for one, and reading them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from contracts.lifecycle import ENDED
from intake_service.api.attachment_texts import store_at_hand
from intake_service.api.deps import Known
from intake_service.api.devices import checked, digest_of
from intake_service.api.open311.formats import both, listed, router
from intake_service.api.open311.keys import Posting, Reader
from intake_service.api.open311.services import ANYBODY, Jurisdiction
from intake_service.api.open311.submissions import SUBMISSION, Submission, in_its_words
from intake_service.api.report_forms import accept_whole
from intake_service.api.texts import STATUS_LABELS
from intake_service.domain.configuration.reference import Reference
from intake_service.persistence.open311 import UNCATEGORISED, ServiceRequests, Span
from intake_service.service.accept import Once
from intake_service.service.enclosing import arrived
from operations.problems import invalid
from runtime import clock
from runtime.auth import Caller
from runtime.idempotency import from_header, request_hash
from runtime.problems import Problem
from runtime.problems.language import preferred_language

routes = router()
_DAYS = 90
_MOST = 1000
_REACH = 100_000
_NUMBERS = 200
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
_COARSE = 3
"""Decimals of degrees that anybody sees: about a hundred metres."""
_STATES = {"open": False, "closed": True}


@both(routes.post, "/requests", status_code=201)
async def create_request(request: Request, caller: Posting, references: Known) -> Response:
    """Ask for a service: a form, URL-encoded or with a photo as the part `media`, which comes after its `api_key`.

    All of it is kept, or nothing.
    With an `Idempotency-Key` a repeat gets the first answer.
    """
    submission: Submission = request.scope[SUBMISSION]
    try:
        _check_jurisdiction(submission, caller)
        key = await from_header.from_request(request)
        once = Once(key, request_hash("POST", "/open311/v2/requests", _told(submission))) if key else None
        reference = await references.current(caller.tenant)
        device = digest_of(checked(submission.device), caller)
        with store_at_hand():
            files = await arrived(submission.files())
            report = submission.report([each.id for each in files], reference)
            accepted = await accept_whole(request, report, files, caller, once, device)
    except Problem as problem:
        raise in_its_words(problem) from problem
    finally:
        if submission.media is not None:
            submission.media.unlink(missing_ok=True)
    receipt = json.loads(accepted.answer)
    notice = f"查询码 {receipt['query_code']} is the query code to follow it with."
    row = {"service_request_id": receipt["number"], "service_notice": notice}
    return listed(request, "service_requests", "request", [row], 201)


@both(routes.get, "/requests", dependencies=ANYBODY)
async def list_requests(request: Request, caller: Reader, tenant: Jurisdiction, references: Known) -> Response:
    """List requests, newest first: a partner's own with its key, else of all only what may be public.

    `service_request_id` (several with commas, 200 at most) overrides all else: `service_code`, `status`, `start_date`
    and `end_date` at most 90 days apart, by default the last 90; `page`, `page_size`.
    """
    given = request.query_params
    store = ServiceRequests(request.app.state.read_engine)
    if numbers := _several(given.get("service_request_id")):
        if len(numbers) > _NUMBERS:
            raise invalid("query/service_request_id", "open311-too-many-ids", numbers=_NUMBERS)
        rows = await store.of_numbers(tenant, caller, numbers)
    else:
        size, offset = _page(given)
        zone = ZoneInfo(request.app.state.settings.timezone)
        rows = await store.of_span(tenant, caller, _span(given, zone), offset=offset, limit=size)
    return _answer(request, caller, rows, await references.current(tenant))


@both(routes.get, "/requests/{service_request_id}", dependencies=ANYBODY)
async def read_request(
    service_request_id: str, request: Request, caller: Reader, tenant: Jurisdiction, references: Known
) -> Response:
    """Read one request, as a list of one."""
    rows = await ServiceRequests(request.app.state.read_engine).of_numbers(tenant, caller, [service_request_id])
    if not rows:
        raise Problem(404, "open311-request-not-found")
    return _answer(request, caller, rows, await references.current(tenant))


@both(routes.get, "/tokens/{token}", dependencies=ANYBODY)
async def read_token(token: str, request: Request, caller: Reader, tenant: Jurisdiction) -> Response:
    """Return the request of a token: each is its own, because every request gets its id at once."""
    rows = await ServiceRequests(request.app.state.read_engine).of_numbers(tenant, caller, [token])
    if not rows:
        raise Problem(404, "open311-request-not-found")
    return listed(request, "service_requests", "request", [{"service_request_id": token, "token": token}])


def _answer(request: Request, caller: Caller | None, rows: Any, reference: Reference) -> Response:
    language = preferred_language(request.headers.get("accept-language"))
    told = [_request(row, reference, language, is_own=caller is not None) for row in rows]
    return listed(request, "service_requests", "request", told)


def _request(row: Any, reference: Reference, language: str, *, is_own: bool) -> dict[str, Any]:
    code = row.category or UNCATEGORISED
    category = reference.categories.get(code)
    told = {
        "service_request_id": row.number,
        "status": "closed" if row.status in ENDED else "open",
        "status_notes": STATUS_LABELS.get(row.status, (row.status, row.status))[language == "en"],
        "service_name": category.zh if category else code,
        "service_code": code,
        "agency_responsible": row.unit,
        "requested_datetime": row.received_at,
        "updated_datetime": row.updated_at,
        "lat": row.lat,
        "long": row.lon,
    }
    if is_own:
        return {**told, "description": row.description, "address": row.address}
    coarse = {name: round(told[name], _COARSE) for name in ("lat", "long") if told[name] is not None}
    return {**told, **coarse}


def _check_jurisdiction(submission: Submission, caller: Caller) -> None:
    named = submission.fields.get("jurisdiction_id", [""])[0]
    if named and named != caller.tenant:
        raise Problem(404, "open311-jurisdiction-not-found")


def _told(submission: Submission) -> bytes:
    fields = {name: values for name, values in submission.fields.items() if name != "api_key"}
    return json.dumps([fields, submission.media_name], sort_keys=True).encode()


def _several(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _page(given: Mapping[str, str]) -> tuple[int, int]:
    """Return how many, and how many before them."""
    try:
        page, size = int(given.get("page") or 1), int(given.get("page_size") or _MOST)
    except ValueError as error:
        raise invalid("query/page", "open311-page-invalid", most=_MOST, reach=_REACH) from error
    if page < 1 or not 1 <= size <= _MOST or page * size > _REACH:
        raise invalid("query/page", "open311-page-invalid", most=_MOST, reach=_REACH)
    return size, (page - 1) * size


def _span(given: Mapping[str, str], zone: ZoneInfo) -> Span:
    longest = timedelta(days=_DAYS)
    begin, end = (_moment(given, name, zone) for name in ("start_date", "end_date"))
    end = end or (begin + longest if begin else clock.now())
    begin = begin or end - longest
    if not timedelta() <= end - begin <= longest:
        raise Problem(400, "open311-span-too-long", days=_DAYS)
    states = set(_several(given.get("status")))
    if not states <= set(_STATES):
        raise invalid("query/status", "open311-status-invalid")
    return Span(
        begin, end, _several(given.get("service_code")) or None, _STATES[states.pop()] if len(states) == 1 else None
    )


def _moment(given: Mapping[str, str], name: str, zone: ZoneInfo) -> datetime | None:
    text = given.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"query/{name}", "open311-date-invalid") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise invalid(f"query/{name}", "open311-date-invalid")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
