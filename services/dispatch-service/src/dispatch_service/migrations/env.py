"""What Alembic runs; see `runtime.migrations_env`."""

from dispatch_service.persistence import roster_tables
from runtime import migrations_env

migrations_env.run(roster_tables.metadata)
