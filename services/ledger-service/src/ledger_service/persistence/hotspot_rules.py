"""The rules of each tenant for hot spots."""

from ledger_service.domain.hotspot_rules import Rules
from ledger_service.persistence.documents import Documents
from ledger_service.persistence.tables import hotspot_rule

HOTSPOT_RULES = Documents(hotspot_rule, Rules.of, Rules())
