from ledger_service.persistence.tables import metadata
from runtime import migrations_env

migrations_env.run(metadata)
