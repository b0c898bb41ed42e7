"""What is doubtful about rows of imports that were filed."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "import_job",
        sa.Column("warned", sa.Integer(), nullable=False, server_default="0", comment="of the accepted"),
    )
    op.add_column(
        "import_rejection",
        sa.Column(
            "filed", sa.Boolean(), nullable=False, server_default="false", comment="it was imported all the same"
        ),
    )


def downgrade() -> None:
    op.execute("DELETE FROM import_rejection WHERE filed")
    op.drop_column("import_rejection", "filed")
    op.drop_column("import_job", "warned")
