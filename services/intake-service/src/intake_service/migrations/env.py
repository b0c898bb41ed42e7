"""What Alembic runs; see `runtime.migrations_env`."""

from intake_service.persistence import attachment_tables
from runtime import migrations_env

migrations_env.run(attachment_tables.metadata)
