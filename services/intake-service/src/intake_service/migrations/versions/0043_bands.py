"""Places by bands of latitude: a small box reads what lies in it, not all that lies north and south of it too."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_PAST = sa.text("ended_as IS NOT NULL")
_BAND = sa.text("CAST(floor(lat * 1000) AS integer)")


def upgrade() -> None:
    create_index_online(
        "complaint_past_by_band", "complaint", ["tenant", _BAND, "lon", "lat", "id"], postgresql_where=_PAST
    )
    drop_index_online("complaint_past_by_place", "complaint")


def downgrade() -> None:
    create_index_online("complaint_past_by_place", "complaint", ["tenant", "lon", "lat"], postgresql_where=_PAST)
    drop_index_online("complaint_past_by_band", "complaint")
