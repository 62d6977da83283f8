"""What each indicator is held to: the tests that say so, and the page that lists them.

A test says `@pytest.mark.shows("published", "gold/…", source="…")`. `python -m tests.evidence`
writes the page anew.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assets.derived_assets import find_declarations

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "evidence.md"
KINDS: Final = ("published", "property", "planted")
# What cannot be shown, of which indicator, and why.
NOT_SHOWN: Final[dict[tuple[str, str], str]] = {
    ("gold/services/fifteen_minute_score_by_section", "published"): (
        "scores in print weigh kinds, fade with distance or are of cities; its arrivals are held"
    ),
    ("gold/soil/daily_soil_moisture_by_probe", "published"): (
        "a mean of hours; NOAA's USCRN publishes hours and days, but none of one place was read"
    ),
}
_HEAD: Final = """# What each indicator is held to
Each indicator is held by tests to a number that somebody else published, to something that must be
true of whatever comes in (it moves the right way, adds up, does not hang on order), and to what the
simulator planted in the city and the indicator has to find again. The tests say so of themselves,
and `python -m tests.evidence` writes this page.

| indicator | a published number | a property | what was planted |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Shown:
    """That a test shows something of an indicator."""

    kind: str
    key: str
    source: str
    test: str
    """Its name."""
    path: str
    """Its file, from the root of the repository."""


def shown() -> list[Shown]:
    """What the tests say that they show, in the order of files and of lines."""
    return [
        each
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "mark.shows(" in (text := path.read_text(encoding="utf-8"))
        for each in _of(ast.parse(text), path.relative_to(ROOT).as_posix())
    ]


def _of(module: ast.Module, path: str) -> Iterator[Shown]:
    for node in ast.walk(module):
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith(
                "mark.shows"
            ):
                continue
            kind, *keys = (ast.literal_eval(each) for each in decorator.args)
            source = {each.arg: ast.literal_eval(each.value) for each in decorator.keywords}
            for key in keys:
                yield Shown(kind, key, source.get("source", ""), node.name, path)


def indicators() -> list[str]:
    """The keys of all gold tables, in their order."""
    return sorted(key for key in find_declarations() if key.startswith("gold/"))


def page() -> str:
    """The page, as what the tests say of themselves makes it."""
    found = shown()
    return _HEAD + "".join(
        f"| `{key}` | {' | '.join(_cell(key, kind, found) for kind in KINDS)} |\n"
        for key in indicators()
    )


def _cell(key: str, kind: str, found: list[Shown]) -> str:
    if reason := NOT_SHOWN.get((key, kind)):
        return f"none: {reason}"
    return "<br>".join(
        f"{f'{each.source}: ' if each.source else ''}[{_words(each.test)}](../{each.path})"
        for each in found
        if (each.kind, each.key) == (kind, key)
    )


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit()
