"""Who may see and mend what concerns the whole platform: administrators of the tenant that operates it."""

from typing import Annotated

from fastapi import Depends, Request

from contracts.roles import Role
from runtime.auth import Caller, require
from runtime.problems import Problem, register_texts

register_texts(
    {
        "operating-tenant-only": (
            "没有权限",
            "Access denied",
            "仅平台运营租户的管理员可以进行此操作。",
            "Only administrators of the tenant that operates the platform may do this.",
        ),
    }
)


async def _operator(request: Request, caller: Annotated[Caller, Depends(require(Role.ADMIN))]) -> Caller:
    if caller.tenant != request.app.state.settings.tenant:
        raise Problem(403, "operating-tenant-only")
    return caller


Operator = Annotated[Caller, Depends(_operator)]
