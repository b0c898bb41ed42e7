"""What there is: the endpoint itself, and the services that can be asked for."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from intake_service.api.deps import Known
from intake_service.api.open311.definitions import definition, service, services
from intake_service.api.open311.formats import PREFIX, both, listed, router, single
from intake_service.api.open311.keys import Holder
from runtime import clock
from runtime.auth import public
from runtime.problems import Problem

routes = router()
ANYBODY = [Depends(public)]
_CHANGED = "2026-11-29T00:00:00Z"
_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
_KEYS = "A key is the token of a partner system, which the operator of this site gives."


async def _jurisdiction(
    request: Request, caller: Holder, jurisdiction_id: Annotated[str | None, Query(max_length=100)] = None
) -> str:
    """Return the tenant of the key, without one that of this site; one that is named has to be this one."""
    tenant: str = caller.tenant if caller else request.app.state.settings.tenant
    if jurisdiction_id and jurisdiction_id != tenant:
        raise Problem(404, "open311-jurisdiction-not-found")
    return tenant


Jurisdiction = Annotated[str, Depends(_jurisdiction)]


@both(routes.get, "/discovery", dependencies=ANYBODY)
async def discover(request: Request) -> Response:
    """Describe this endpoint, as Open311's service discovery has it."""
    endpoint = {
        "specification": _SPECIFICATION,
        "url": f"{request.base_url}{PREFIX.lstrip('/')}",
        "changeset": _CHANGED,
        "type": "production",
        "formats": ["application/json", "text/xml"],
    }
    contact = request.app.state.settings.open311_contact
    document = {"changeset": _CHANGED, "contact": contact, "key_service": _KEYS, "endpoints": [endpoint]}
    return single(request, "discovery", document)


@both(routes.get, "/services", dependencies=ANYBODY)
async def list_services(request: Request, tenant: Jurisdiction, references: Known) -> Response:
    """List the services: the categories in force that have none below them."""
    reference = await references.current(tenant)
    rows = [service(each, reference) for each in services(reference, clock.now())]
    return listed(request, "services", "service", rows)


@both(routes.get, "/services/{service_code}", dependencies=ANYBODY)
async def define_service(service_code: str, request: Request, tenant: Jurisdiction, references: Known) -> Response:
    """Say what a service asks beside where it is and what it is about: the questions of its category."""
    reference = await references.current(tenant)
    if not reference.is_active(service_code, clock.now()):
        raise Problem(404, "open311-service-not-found")
    return single(request, "service_definition", definition(reference.categories[service_code]))
