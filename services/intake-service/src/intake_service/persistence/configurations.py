"""The versions of each tenant's configuration, and its draft."""

from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.shipped import shipped
from intake_service.persistence.tables import configuration_draft, configuration_version
from operations.documents import Documents
from operations.versions import Versions

VERSIONS = Versions(configuration_version, Configuration.model_validate)
DRAFTS = Documents(configuration_draft, Configuration.model_validate, shipped().configuration)
