"""The templates of each tenant; those that are shipped, until it sets its own."""

from intake_service.domain.rejection import Templates, shipped
from intake_service.persistence.tables import metadata
from operations.documents import Documents

TEMPLATES = Documents(metadata.tables["rejection_template"], Templates.of, shipped())
