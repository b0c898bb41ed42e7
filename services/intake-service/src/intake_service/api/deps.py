"""What routes of intake are given."""

from typing import Annotated

from fastapi import Depends, Request

from intake_service.service.references import References
from operations.deps import Administrator, Engine, ReadEngine, Staff

__all__ = ["Administrator", "Engine", "Known", "ReadEngine", "Staff"]


async def _references(request: Request) -> References:
    references: References = request.app.state.references
    return references


Known = Annotated[References, Depends(_references)]
"""The configuration of every tenant."""
