"""Who calls: the roles that tokens carry and routes name."""

from enum import StrEnum


class Role(StrEnum):
    """A caller's role; a token may carry several."""

    CITIZEN = "citizen"
    """居民: reports, follows and rates their own complaints."""
    OPERATOR = "operator"
    """受理员: takes complaints on behalf of callers and works the intake queue."""
    INSPECTOR = "inspector"
    """监督员: reports on patrol and verifies results."""
    OFFICER = "officer"
    """网格队员: accepts, starts and resolves the cases of their teams."""
    DISPATCHER = "dispatcher"
    """派遣员: assigns cases and approves returns and extensions."""
    SUPERVISOR = "supervisor"
    """值班长: supervises, voids, decides disputes."""
    PARTNER = "partner"
    """A partner system that reports with its own reference numbers."""
    ANALYST = "analyst"
    """指挥中心: reads ledgers and statistics."""
    ADMIN = "admin"
    """Operates the platform: parked messages, configuration."""


STAFF = frozenset(Role) - {Role.CITIZEN, Role.PARTNER}
"""Roles of the bureau's own people: they see every complaint of their tenant."""
