"""Why a case is where it is: a new explanation takes the place of the present one, which is kept behind those before.

Of more than `MOST` the first one and the newest are kept: the first says where routing sent the case.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

MOST = 50
WITH_THE_PRESENT = f"""
    CASE WHEN jsonb_array_length(earlier_explanations) < {MOST} THEN earlier_explanations
         ELSE earlier_explanations - 1 END
    || jsonb_build_array(explanation || jsonb_build_object('ended_at', CAST(:now AS timestamptz)))
"""
"""What is to be in `earlier_explanations` once another explanation counts, from `now` on."""
_EARLIER = sa.text(f"({WITH_THE_PRESENT})")


def following(explanation: Mapping[str, object], now: datetime) -> dict[str, object]:
    """Return the columns of a case that is explained anew from `now` on."""
    return {"explanation": explanation, "earlier_explanations": _EARLIER.bindparams(now=now)}
