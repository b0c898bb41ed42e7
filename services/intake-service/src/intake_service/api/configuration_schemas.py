"""The configuration as administrators work on it."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from intake_service.domain.configuration.differences import Change, Difference, Part
from intake_service.domain.configuration.items import Configuration
from operations.documents import Kept
from operations.versions import Version


class VersionView(BaseModel):
    """A published version; the highest is in force."""

    version: int
    note: str | None
    published_at: datetime
    published_by: str
    categories: Annotated[int, Field(description="How many there are.")]
    duty_items: int
    sources: int

    @classmethod
    def of(cls, version: Version[Configuration]) -> Self:
        """Return it as it is listed."""
        return cls(**_facts(version), **counts(version.settings))


class WholeVersionView(BaseModel):
    """A published version with all that it holds, as it was given."""

    version: int
    note: str | None
    published_at: datetime
    published_by: str
    configuration: Configuration

    @classmethod
    def of(cls, version: Version[Configuration]) -> Self:
        """Return it as a whole."""
        return cls(**_facts(version), configuration=version.settings)


class DraftView(BaseModel):
    """What is worked on; where there is no draft yet, what is in force. The `ETag` is that of the draft."""

    in_force: int
    changed_at: datetime | None
    changed_by: str | None
    configuration: Configuration

    @classmethod
    def of(cls, kept: Kept[Configuration], in_force: int) -> Self:
        """Return it beside the number of the version in force."""
        return cls(
            in_force=in_force, changed_at=kept.changed_at, changed_by=kept.changed_by, configuration=kept.settings
        )


class FieldChange(BaseModel):
    """A field of an item that has changed."""

    field: str
    before: Any
    after: Any


class DifferenceView(BaseModel):
    """What became of an item."""

    part: Part
    code: str
    change: Change
    fields: list[FieldChange]

    @classmethod
    def of(cls, difference: Difference) -> Self:
        """Return it as it is shown."""
        fields = [FieldChange(field=name, before=old, after=new) for name, (old, new) in difference.fields.items()]
        return cls(part=difference.part, code=difference.code, change=difference.change, fields=fields)


class CheckView(BaseModel):
    """A configuration without flaws, and what it would change of what is in force."""

    in_force: int
    changes: list[DifferenceView]


class PublicationBody(BaseModel):
    """Why there is a new version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class RepublishedView(BaseModel):
    """Of how many items the other services were told again."""

    items: int


def counts(configuration: Configuration) -> dict[str, int]:
    """Return how many items there are of each part."""
    return {
        "categories": len(configuration.categories),
        "duty_items": len(configuration.duty_items),
        "sources": len(configuration.sources),
    }


def _facts(version: Version[Configuration]) -> dict[str, Any]:
    return {
        "version": version.number,
        "note": version.more.get("note"),
        "published_at": version.changed_at,
        "published_by": version.changed_by,
    }
