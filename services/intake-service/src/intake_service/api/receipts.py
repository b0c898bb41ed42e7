"""What whoever has reported something gets."""

from fastapi import Response

from intake_service.service.accept import Accepted


def receipt(accepted: Accepted) -> Response:
    """Return the 201 of an accepted complaint."""
    headers = {"Location": f"/intake/v1/complaints/{accepted.id}", "ETag": '"1"'}
    if accepted.repeated:
        headers["Idempotency-Replayed"] = "true"
    return Response(accepted.answer, status_code=201, headers=headers, media_type="application/json")
