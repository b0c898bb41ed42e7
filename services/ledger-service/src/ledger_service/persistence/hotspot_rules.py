"""The rules of each tenant for hot spots."""

from ledger_service.domain.hotspot_rules import Rules
from ledger_service.persistence.tables import hotspot_rule
from operations.documents import Documents

HOTSPOT_RULES = Documents(hotspot_rule, Rules.of, Rules())
