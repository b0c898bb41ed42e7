"""What Alembic runs; see `runtime.migrations_env`."""

from intake_service.persistence import attachment_tables, likeness_tables
from runtime import migrations_env

assert attachment_tables.metadata is likeness_tables.metadata  # noqa: S101 - both modules have put their tables there
migrations_env.run(likeness_tables.metadata)
