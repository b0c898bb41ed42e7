"""What Alembic runs; see `runtime.migrations_env`."""

from dispatch_service.persistence import patrol_tables
from runtime import migrations_env

migrations_env.run(patrol_tables.metadata)
