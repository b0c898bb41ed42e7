"""The configuration as YAML. Files come from anywhere: no aliases, no types but plain ones, nothing twice."""

from typing import Any

import yaml

from intake_service.domain.configuration.items import Configuration
from operations.problems import refused

YAML = "application/yaml"
MOST_BYTES = 2**20
"""The reader is a slow one; two thousand plain categories take a fifth of that."""
_MAPPING = "tag:yaml.org,2002:map"


class _Reader(yaml.SafeLoader):
    """Refuses what may stand for much more than it says, and keys that come twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=self.get_mark())
        return super().compose_node(parent, index)

    def mapping(self, node: Any) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise yaml.MarkedYAMLError(problem="no key, or one that comes twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return self.construct_mapping(node, deep=True)


_Reader.add_constructor(_MAPPING, _Reader.mapping)


def read_yaml(body: bytes) -> Any:
    """Return what a file says; `Problem` 422 where it is no YAML of plain values, or too large."""
    if len(body) > MOST_BYTES:
        raise refused("", "yaml-too-large", most=MOST_BYTES)
    try:
        return yaml.load(body.decode(), _Reader)  # noqa: S506 - made of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise refused(f"row/{line}", "yaml-invalid", line=line, column=column) from error
    # not UTF-8, a character that YAML does not have, a date that there is not, nested too deeply
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise refused("", "yaml-unreadable") from error


def write_yaml(configuration: Configuration) -> bytes:
    """Return the configuration as a file; what an item does not say is left out."""
    text = yaml.safe_dump(configuration.content(), allow_unicode=True, sort_keys=False, width=120)
    return text.encode()
