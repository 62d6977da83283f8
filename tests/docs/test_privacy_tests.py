import ast
import re
from collections import defaultdict
from functools import cache

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
# A file of tests, where no folder is named of tests/promises, and perhaps one test in it.
NAMED = re.compile(r"`(?P<folder>tests/(?:\w+/)*)?(?P<file>test_\w+\.py)(?:::(?P<test>test_\w+))?`")
ROW = re.compile(
    r"^\| .* \((?P<id>[A-H]\d+)\) \|(?P<closed>[^|]*)\|(?P<test>[^|]*)\|(?P<seen>.*)\|$"
)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def traps() -> list[re.Match[str]]:
    section = PAGE.partition("\n## Known ways to leak\n")[2].partition("\n## ")[0]
    return [found for line in section.splitlines() if (found := ROW.match(line))]


def test_every_test_that_the_page_names_exists():
    named = list(NAMED.finditer(PAGE))

    missing = []
    for one in named:
        path = f"{one['folder'] or 'tests/promises/'}{one['file']}"
        is_there = (ROOT / path).exists() and (not one["test"] or one["test"] in names_in(path))
        if not is_there:
            missing.append(one[0])
    assert len(named) > 40
    assert missing == []


def test_every_known_way_to_leak_has_a_test_that_was_seen_to_fail_or_a_reason():
    numbers = defaultdict(set)
    for row in traps():
        numbers[row["id"][0]].add(int(row["id"][1:]))

    assert len(numbers) >= 4
    for letter, found in numbers.items():
        assert found == set(range(1, max(found) + 1)), letter
    for row in traps():
        tested = NAMED.search(row["test"]) is not None
        assert tested or row["test"].strip().startswith("Cannot occur"), row["id"]
        assert row["seen"].strip().startswith("yes" if tested else ("yes", "no")), row["id"]


def test_no_line_of_the_known_ways_is_left_out_by_a_slip():
    section = PAGE.partition("\n## Known ways to leak\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]

    heads = [line for line in lines if line.startswith("| trap ")]
    assert len(lines) - len(heads) == len(traps())
