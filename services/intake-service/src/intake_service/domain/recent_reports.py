"""What has come in of late from one phone, device or account, counted in memory."""

import hashlib
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

_OTHERS = re.compile(r"[\W_]+")
By = Literal["account", "phone", "device"]
Key: TypeAlias = tuple[str, By, str | bytes]
"""Tenant, by what, and its subject, its number as it was given, or the digest of its id."""
HISTORY = timedelta(days=1)
"""What staff file that happened longer before, an import above all, is nobody's report of these days."""


class Filed(NamedTuple):
    """A complaint that came in: when, and what stands for its text (None: none that says anything)."""

    at: datetime
    text: bytes | None


class Recent:
    """The newest reports of each key, up to `most`; keys are in the order in which they were used."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._filed: OrderedDict[Key, dict[UUID, Filed]] = OrderedDict()

    def of(self, key: Key) -> Mapping[UUID, Filed]:
        """Return them, oldest first."""
        return self._filed.get(key, {})

    def add(self, key: Key, complaint: UUID, filed: Filed) -> None:
        """Count one more, and the oldest no longer where there are too many."""
        known = self._filed.setdefault(key, {})
        self._filed.move_to_end(key)
        known[complaint] = filed
        if len(known) > self._most:
            del known[next(iter(known))]

    def remove(self, key: Key, complaint: UUID) -> None:
        """Count one no longer that was not filed after all."""
        self._filed.get(key, {}).pop(complaint, None)

    def replace(self, key: Key, filed: Mapping[UUID, Filed]) -> None:
        """Set what there is of a key."""
        newest = sorted(filed.items(), key=lambda each: each[1].at)[-self._most :]
        self._filed[key] = dict(newest)

    def latest(self, most: int, since: datetime) -> list[Key]:
        """Return the keys that were used last, up to `most`, of which something came in since then."""
        return [key for key in islice(reversed(self._filed), most) if self._came_in(key, since)]

    def forget(self, before: datetime) -> None:
        """Forget the keys of which nothing came in since, those that were used longest ago first.

        It ends at the first that stays, of which it forgets what came in before; so it takes no time where nothing is
        to be forgotten, and what it leaves behind the first is forgotten in its turn.
        """
        while self._filed:
            key = next(iter(self._filed))
            if self._came_in(key, before):
                self._filed[key] = {each: one for each, one in self._filed[key].items() if one.at >= before}
                return
            del self._filed[key]

    def _came_in(self, key: Key, since: datetime) -> bool:
        filed = self._filed[key]
        return bool(filed) and filed[next(reversed(filed))].at >= since


def letters(text: str) -> str:
    """Return the letters and digits of a text, wide or narrow, large or small alike."""
    return unicodedata.normalize("NFKC", _OTHERS.sub("", text)).casefold()


def text_digest(plain: str) -> bytes | None:
    """Return what stands for a text of `letters`."""
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest() if plain else None


def since(filed: Iterable[Filed], moment: datetime) -> list[Filed]:
    """Return those that came in after a moment."""
    return [each for each in filed if each.at > moment]
