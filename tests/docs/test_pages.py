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
PRIVACY = ROOT / "docs" / "privacy.md"
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
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


def test_every_promise_about_personal_data_names_the_tests_that_prove_it():
    text = PRIVACY.read_text(encoding="utf-8")
    section = text.partition("## What is promised, and where it is proved\n")[2]
    table = [line for line in section.partition("\n### ")[0].splitlines() if line[:1] == "|"]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[2:]]

    proofs = {promise: TEST.findall(tests) for _, promise, tests in rows}
    without_any_test = [
        promise
        for promise, tests in proofs.items()
        if not tests or not all("\ndef test_" in (ROOT / path).read_text() for path in tests)
    ]

    assert len(proofs) > 30
    assert without_any_test == []


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
