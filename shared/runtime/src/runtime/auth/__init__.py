"""Who is calling, and what that caller's roles allow."""

from runtime.auth.caller import Caller
from runtime.auth.guards import RouteAccess, access_table, public, require
from runtime.auth.issuing import issue_token
from runtime.auth.verifying import TokenVerifier

__all__ = ["Caller", "RouteAccess", "TokenVerifier", "access_table", "issue_token", "public", "require"]
