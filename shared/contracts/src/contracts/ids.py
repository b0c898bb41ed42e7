"""Ids of events that follow from others by themselves."""

from uuid import UUID, uuid5

_TIME = ((1 << 48) - 1) << 80
"""Where in an id its time stands: Unix milliseconds in the first 48 bits (RFC 9562 §5.7)."""
_VERSION = (0xF << 76, 0x8 << 76)


def derived_id(cause: UUID, name: str) -> UUID:
    """Return the id of what follows from the event `cause` under `name`: the same whenever it is made again.

    It is a UUIDv8 (RFC 9562 §5.8): the time of the UUIDv7 `cause`, and a digest of both. So it is as old as its cause
    to all that goes by the time in ids, such as the janitor of inboxes; a UUIDv5 may seem to be years old there.
    """
    mask, version = _VERSION
    digest = uuid5(cause, name).int & ~_TIME & ~mask
    return UUID(int=cause.int & _TIME | version | digest)
