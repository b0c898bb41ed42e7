"""An attachment as callers see it."""

from typing import Any

from contracts.roles import STAFF
from runtime.auth import Caller


def shown(row: Any, caller: Caller) -> dict[str, object]:
    """Return what `caller` sees of an attachment that they may see: what it says of place and time, staff only."""
    return {
        "id": str(row.id),
        "role": row.role,
        "kind": row.kind,
        "media_type": row.media_type,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256.hex(),
        "width": row.width,
        "height": row.height,
        "has_thumbnail": row.kind == "image",
        "complaint": str(row.complaint_id) if row.complaint_id else None,
        "public": row.public,
        "uploaded_at": row.created_at,
        "evidence": row.evidence if caller.has(*STAFF) else None,
    }
