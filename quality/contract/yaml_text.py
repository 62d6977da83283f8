"""YAML as contracts use it: what looks like a word is a word, and a key stands once.

YAML 1.1 reads `no`, `on` and `off` as booleans, `017029` as an octal number and `12:30` as 750:
plates of Norway, switches, codes of municipalities and times of day would change silently.
"""

import re
from typing import Any, Final

import yaml

_PLAIN: Final = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:0|[1-9][0-9]*)?(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|\.(?=$)|[eE][-+]?[0-9]+)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    (
        "timestamp",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9:.]+(?:[Zz]|[-+][0-9:]+)?)?",
        "0123456789",
    ),
)


# The parser in C, where PyYAML was built with it, reads a contract in a tenth of the time.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # one of two classes


class Loader(_Safe):  # type: ignore[misc] # see there
    """Safe YAML with fewer surprises; see the module."""

    yaml_implicit_resolvers: Final = {
        first: [
            (f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"))
            for tag, pattern, firsts in _PLAIN
            if first in firsts
        ]
        for first in {"", *"-+.~0123456789tTfFnN"}
    }


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict[str, Any]:  # YAML values
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is a list or a mapping", key_node.start_mark
            )
        key = str(key_node.value)  # as written: `2024` and `no` are names of columns like others
        if key in values:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{key}' stands twice", key_node.start_mark
            )
        values[key] = loader.construct_object(value_node, deep=True)
    return values


def _timestamp(loader: Loader, node: yaml.ScalarNode) -> object:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return str(node.value)  # 2025-13-01 is no date; whoever wanted one will say so


Loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(text: str) -> object:
    """What the text says; None for an empty one. Raises yaml.YAMLError."""
    return yaml.load(text, Loader)  # noqa: S506 # a SafeLoader
