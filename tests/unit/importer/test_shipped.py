"""The mappings that come with the command."""

import pytest
from typer.testing import CliRunner

from intake_service.domain.configuration.reference import Reference
from intake_service.domain.configuration.shipped import shipped as configuration
from jieban.main import cli
from operations.importing.document import load, shipped
from operations.importing.fields import TARGETS, expected_at


@pytest.mark.parametrize("name", shipped())
def test_its_sources_and_categories_exist(name: str) -> None:
    document, reference = load(name), configuration()
    assert isinstance(reference, Reference)
    named = set(document.tables.get("category", {}).values()) - {None}
    assert named <= set(reference.categories)
    assert document.set["source"] in reference.sources
    assert document.about


def test_they_are_listed_and_printed() -> None:
    listed = CliRunner().invoke(cli, ["mappings"])
    assert [line.split()[0] for line in listed.output.splitlines()] == list(shipped())
    printed = CliRunner().invoke(cli, ["mappings", "open311"])
    assert printed.output == shipped()["open311"]


def test_each_field_says_what_would_be_right() -> None:
    for target in TARGETS:
        field, expected = expected_at("/" + target.replace(".", "/"))
        assert field == target
        assert expected.zh
        assert expected.en
    assert expected_at("/attributes/x")[0] is None
    assert expected_at("/location")[0] == "location.address"
