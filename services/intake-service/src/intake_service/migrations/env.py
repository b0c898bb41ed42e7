"""What Alembic runs; see `runtime.migrations_env`."""

from intake_service.persistence import (
    area_tables,
    attachment_tables,
    draft_tables,
    export_tables,
    import_tables,
    likeness_tables,
    place_tables,
    reporter_tables,
    search_tables,
    triage_tables,
)
from runtime import migrations_env

TABLES = (
    area_tables,
    attachment_tables,
    draft_tables,
    export_tables,
    import_tables,
    likeness_tables,
    place_tables,
    reporter_tables,
    search_tables,
    triage_tables,
)
"""Each adds its tables to the metadata that all share."""

migrations_env.run(TABLES[0].metadata)
