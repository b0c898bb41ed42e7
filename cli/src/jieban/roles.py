"""What a process can do for its service."""

from enum import StrEnum

from jieban.errors import UserError


class WorkRole(StrEnum):
    """One kind of work; a process may do several."""

    API = "api"
    RELAY = "relay"
    CONSUMER = "consumer"


ALL_ROLES = frozenset(role.value for role in WorkRole)


def work_roles(text: str) -> frozenset[str]:
    """Read a list such as `relay,consumer`; `UserError` for an unknown word."""
    words = frozenset(word.strip() for word in text.split(",") if word.strip())
    if not words or not words <= ALL_ROLES:
        raise UserError(f"--roles takes a list of {', '.join(sorted(ALL_ROLES))}, not '{text}'.")
    return words
