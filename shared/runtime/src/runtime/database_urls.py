"""Addresses of databases, as operators write them and as the driver wants them."""

from sqlalchemy import make_url
from sqlalchemy.engine import URL

_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})


def normal_url(url: str) -> str:
    """Return a `postgresql://` address with the driver named; ValueError for any other kind of address."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _SCHEMES:
        raise ValueError("must look like postgresql://user:password@host:5432/database")
    return f"postgresql+asyncpg://{rest}"


def asyncpg_url(url: str) -> URL:
    """Return the address for SQLAlchemy, with libpq's `sslmode` under the name that asyncpg knows."""
    parsed = make_url(normal_url(url))
    query = dict(parsed.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return parsed.set(query=query)
