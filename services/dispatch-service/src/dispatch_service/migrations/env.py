"""What Alembic runs; see `runtime.migrations_env`."""

from dispatch_service.persistence.tables import metadata
from runtime import migrations_env

migrations_env.run(metadata)
