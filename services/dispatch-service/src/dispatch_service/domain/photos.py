"""Which photos the result of a case needs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from contracts.events import HandlingMode
from dispatch_service.domain.life_errors import PhotoRequired, PhotoRuleTwice
from dispatch_service.domain.limits import levels_of


class PhotoRole(StrEnum):
    """What a photo shows."""

    BEFORE = "before"
    AFTER = "after"
    NEAR = "near"
    """近景."""
    FAR = "far"
    """远景: where it is."""
    REFERENCE = "reference"
    """参照物."""


@dataclass(frozen=True, slots=True)
class Photo:
    """An attachment of intake, and what it shows."""

    id: UUID
    role: PhotoRole

    def row(self) -> dict[str, str]:
        """Return it as it is stored."""
        return {"id": str(self.id), "role": self.role.value}


@dataclass(frozen=True, slots=True)
class PhotoRule:
    """Of each of `roles` there has to be a photo; `category` and `handling_mode` None stand for all."""

    category: str | None
    handling_mode: HandlingMode | None
    roles: tuple[PhotoRole, ...]


class PhotoRules:
    """The rules of one tenant: of those that fit, the one with the lowest category counts, then the mode's."""

    def __init__(self, rules: Iterable[PhotoRule]) -> None:
        """Raises PhotoRuleTwice for a second rule of the same category and mode."""
        self._roles: dict[tuple[str | None, HandlingMode | None], tuple[PhotoRole, ...]] = {}
        for place, rule in enumerate(rules):
            key = (rule.category, rule.handling_mode)
            if key in self._roles:
                raise PhotoRuleTwice(place)
            self._roles[key] = rule.roles

    def check(self, category: str | None, mode: HandlingMode, photos: Collection[Photo]) -> bool:
        """Say whether the result of such a case, handled like that, needs photos; PhotoRequired where it lacks some."""
        needed, there = self._needed(category, mode), {photo.role for photo in photos}
        missing = [role for role in needed if role not in there]
        if missing:
            raise PhotoRequired(missing)
        return bool(needed)

    def _needed(self, category: str | None, mode: HandlingMode) -> tuple[PhotoRole, ...]:
        keys = ((level, which) for level in levels_of(category) for which in (mode, None))
        return next((self._roles[key] for key in keys if key in self._roles), ())
