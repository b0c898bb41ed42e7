"""Which partition a key goes to: where Kafka's Java client and Debezium place it too (murmur2).

The hash is the price of every event that is published, and aiokafka's reads the key byte by byte.
"""

from struct import unpack_from

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition (0 … `partitions` - 1) of a key that is not empty."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """Return the 32-bit MurmurHash2 of `data`, little-endian, with the seed of Kafka's clients."""
    words = len(data) >> 2
    found = _SEED ^ len(data)
    for word in unpack_from(f"<{words}I", data):
        mixed = (word * _M) & _MASK
        mixed = ((mixed ^ (mixed >> 24)) * _M) & _MASK
        found = ((found * _M) & _MASK) ^ mixed
    tail = data[words << 2 :]
    if tail:
        found = ((found ^ int.from_bytes(tail, "little")) * _M) & _MASK
    found = ((found ^ (found >> 13)) * _M) & _MASK
    return found ^ (found >> 15)
