import copy
import re
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from quality.contract.examine import examined
from quality.contract.exports import to_markdown, to_odcs, to_polars_schema, to_ropa
from quality.contract.model import Contract
from quality.contract.problems import ProblemsError
from quality.contract.strictness import labels, stricter
from tests.quality.contract.writing import GOOD

BASE = yaml.safe_load(GOOD) | {"publisher": "brescia_mobilita", "dataset": "parking_sessions"}
WORDS = [
    "string",
    "float",
    "keep",
    "redact",
    "truncate",
    "15m",
    "h3",
    "direct",
    "static",
    "targa",
    "",
]
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3000), st.floats(), st.sampled_from(WORDS), st.dates()
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=2)
    ),
    max_leaves=4,
)
LINE = re.compile(r"[^:;]+: .+; \S.*", re.DOTALL)


def places(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # YAML
    below = (
        list(node.items())
        if isinstance(node, dict)
        else list(enumerate(node))
        if isinstance(node, list)
        else []
    )
    found = [path] if path else []
    for key, value in below:
        found += places(value, (*path, key))
    return found


PLACES = [path for path in places(BASE) if path[0] not in ("publisher", "dataset")]


@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=4))
def test_whatever_is_written_either_makes_a_contract_or_a_list_of_problems(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    written = copy.deepcopy(BASE)
    for path, value in changes:
        node = written
        for part in path[:-1]:
            is_there = isinstance(node, dict) and part in node
            is_there |= isinstance(node, list) and isinstance(part, int) and part < len(node)
            node = node[part] if is_there else {}
        if isinstance(node, dict):
            node[path[-1]] = value

    problems, contract = outcome(written)

    assert (contract is None) == bool(problems)
    assert all(LINE.fullmatch(problem) for problem in problems), problems
    if contract is not None:
        assert stricter(labels(contract), contract) == []
        assert to_odcs(contract)
        assert to_markdown(contract)
        assert to_ropa(contract)
        assert len(to_polars_schema(contract)) == len(contract.stored)


def outcome(written: dict[str, Any]) -> tuple[list[str], Contract | None]:  # YAML
    try:
        return [], examined(written)
    except ProblemsError as error:
        return [str(problem) for problem in error.problems], None
