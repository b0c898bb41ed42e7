"""What waits to be merged by its master, and what is awaited for no complaint by its time: few of many."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_INTO = sa.text("(release_data->>'into')")
_WAITS = sa.text("release_state = 'requested'")


def upgrade() -> None:
    create_index_online("complaint_to_merge", "complaint", ["tenant", _INTO], postgresql_where=_WAITS)
    create_index_online(
        "awaited_photo_of_field_work", "awaited_photo", ["noted_at"], postgresql_where=sa.text("NOT of_complaint")
    )


def downgrade() -> None:
    drop_index_online("awaited_photo_of_field_work", "awaited_photo")
    drop_index_online("complaint_to_merge", "complaint")
