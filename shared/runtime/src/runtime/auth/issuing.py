"""The local issuer: tokens for the demo, for tests and for sites without an identity provider."""

from collections.abc import Iterable
from datetime import timedelta

import jwt

from runtime.clock import now

LOCAL_ISSUER = "jieban"
LOCAL_AUDIENCE = "jieban"
LOCAL_ALGORITHM = "HS256"


def issue_token(secret: str, subject: str, tenant: str, roles: Iterable[str], ttl: timedelta) -> str:
    """Return a token that a `TokenVerifier` with the same secret takes until `ttl` has passed."""
    issued_at = now()
    claims = {
        "iss": LOCAL_ISSUER,
        "aud": LOCAL_AUDIENCE,
        "sub": subject,
        "tenant": tenant,
        "roles": sorted(roles),
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + ttl).timestamp()),
    }
    return jwt.encode(claims, secret, algorithm=LOCAL_ALGORITHM)
