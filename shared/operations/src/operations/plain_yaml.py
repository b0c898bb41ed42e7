"""YAML of files that come from anywhere: no aliases, no tags, no types but plain ones, nothing twice."""

import re
from typing import Any

import yaml

_MAPPING = "tag:yaml.org,2002:map"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_LONGEST_NUMBER = 100
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class NotPlain(ValueError):
    """A text that is no YAML of plain values."""

    def __init__(self, reason: str, place: tuple[int, int] | None) -> None:
        """`place`: line and column, counted from 1, None where it has none."""
        super().__init__(reason)
        self.place = place


class _Reader(yaml.SafeLoader):
    """Refuses what may stand for much more than it says, what cannot be stored, and keys that come twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call] # the stubs leave it untyped
        if isinstance(event, yaml.AliasEvent):
            raise _flaw("an alias", event)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise _flaw("a tag", event)
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> Any:
        node: Any = super().compose_scalar_node(anchor)
        if _UNSTORABLE.search(node.value):
            raise _flaw("a character that no text has", node)
        if node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            raise _flaw("a number that is too long", node)
        return node

    def mapping(self, node: Any) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise _flaw("no key, or one that comes twice", key)
            seen.add(key.value)
        return self.construct_mapping(node, deep=True)


_Reader.add_constructor(_MAPPING, _Reader.mapping)


def read_plain(text: str) -> Any:
    """Return what a text says; raises NotPlain."""
    try:
        return yaml.load(text, _Reader)  # noqa: S506 - made of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise NotPlain(" ".join(str(error).split()), place) from error
    # a character that YAML does not have, a date that there is not, nested too deeply
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotPlain(" ".join(str(error).split()), None) from error


def _flaw(problem: str, at: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)
