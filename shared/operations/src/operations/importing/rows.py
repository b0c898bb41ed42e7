"""What a row comes to before anybody files it, and what a refusal says of its columns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from operations.importing.fields import expected_at
from operations.importing.mapping import ColumnMapping, Flaw, Skipped, Unmappable
from operations.importing.reading import Row
from operations.importing.said import Said
from runtime.problems.catalogue import field_text
from runtime.problems.language import Language


class Prepared(NamedTuple):
    """A row with the body of a complaint, or without one, and then with what is told of it."""

    row: Row
    body: dict[str, Any] | None
    reference: str | None
    flaws: Sequence[Flaw] = ()
    is_skipped: bool = False
    """The mapping leaves it out."""


def prepare(mapping: ColumnMapping, row: Row) -> Prepared:
    """Return what a mapping makes of a row. Rows of a file are prepared in order, all of them: references count."""
    if row.flaws:
        return Prepared(row, None, mapping.reference_of(row.values), row.flaws)
    try:
        body = mapping.body(row.values)
    except Skipped as skipped:
        return Prepared(row, None, mapping.reference_of(row.values), [skipped.flaw], is_skipped=True)
    except Unmappable as error:
        return Prepared(row, None, mapping.reference_of(row.values), error.flaws)
    return Prepared(row, body, body["external_ref"])


def flaws_of(
    mapping: ColumnMapping, values: Mapping[str, Any], errors: Iterable[tuple[str, str]], detail: str
) -> list[Flaw]:
    """Return what intake refuses in a row, by its columns; `errors` are pointers with messages.

    Messages and `detail` are in the language of whoever reads them.
    """
    flaws = []
    for pointer, message in errors:
        target, expected = expected_at(pointer)
        flaws.append(Flaw(mapping.column_of(target, values), target or pointer, Said.same(message), expected))
    return flaws or [Flaw(None, None, Said.same(detail))]


def doubts_of(
    mapping: ColumnMapping, prepared: Prepared, warnings: Iterable[Mapping[str, str]], language: Language
) -> list[Flaw]:
    """Return what intake doubts in a row that it has accepted, by its columns."""
    given = prepared.body or {}
    doubts = [
        (each["pointer"], field_text(each["code"], language, {"given": given.get(each["pointer"].strip("/"))}))
        for each in warnings
    ]
    return flaws_of(mapping, prepared.row.values, doubts, "") if doubts else []
