import re
from pathlib import Path

import pytest
import typer

from infra import settings
from infra.errors import ContractError, PublisherUnavailable, TwinError, UsageError
from orchestration.cli import commands
from orchestration.cli.exit_codes import code_of
from tests.docs.pages import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
# In backticks, after a prompt, or at the start of a line of commands.
COMMAND = re.compile(r"(?:`|\$ |^)gemello ([a-z]+)(?: ([a-z]+)\b)?(?=[^\n]*$)", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path):
    links = LINK.findall(page.read_text(encoding="utf-8"))

    broken = []
    for target, anchor in links:
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_is_written_exists(page: Path):
    known = typer.Typer()
    commands.register(known)
    names = {info.name or info.callback.__name__ for info in known.registered_commands}
    groups = {
        group.name: {
            info.name or info.callback.__name__ for info in group.typer_instance.registered_commands
        }
        for group in known.registered_groups
    }
    written = COMMAND.findall(page.read_text(encoding="utf-8"))

    unknown = [
        (name, below)
        for name, below in written
        if name not in names and (name not in groups or (below and below not in groups[name]))
    ]

    assert unknown == []


def test_every_test_that_the_page_on_privacy_names_exists():
    text = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    files = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}

    missing = [name for name in re.findall(r"\btest_\w+\.py", text) if name not in files]
    written = "".join(path.read_text(encoding="utf-8") for path in files.values())
    named = re.findall(r"(?:`|::)(test_\w+)`", text)

    assert len(named) > 40
    assert missing == []
    assert [name for name in named if f"def {name}(" not in written] == []


def test_the_table_of_settings_names_all_of_them():
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `GEMELLO_([A-Z_]+)` \| `([a-z_]+)` \|", text, re.MULTILINE)

    assert [toml for _, toml in rows] == [variable.lower() for variable, _ in rows]
    assert {toml for _, toml in rows} == set(settings._KEYS)


def test_the_exit_codes_are_those_of_the_command_line():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    families = (ContractError, UsageError, PublisherUnavailable, TwinError)

    said = re.findall(r"^\| (\d) \| (?:`(\w+)`)?", text, re.MULTILINE)

    assert said == [("0", ""), *((str(code_of(of("x"))), of.__name__) for of in families)]
