"""A page of the documentation as its reader follows it: files to write, commands to run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(r"^```(?P<info>\S[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_STYLE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
# What differs from one run to the next: seconds, ids, days.
_PASSING: Final = (
    (re.compile(r"\d+\.\d+ ?s\b"), "<seconds>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<run>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,64}\b"), "<id>"),
    (re.compile(r"\b20(2[6-9]|[3-9]\d)-\d\d-\d\d( \d\d:\d\d:\d\d)?\b"), "<day>"),
)
_FOREIGN: Final = ("GEMELLO_", "DAGSTER_", "AWS_", "PYTEST_")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind it (`title=…`, `exit=…`), its text."""

    language: str
    options: dict[str, str]
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for fence in _FENCE.finditer(page.read_text(encoding="utf-8")):
        language, *options = fence["info"].split()
        pairs = (option.partition("=") for option in options)
        yield Block(language, {name: value for name, _, value in pairs}, fence["text"])


def lasting(output: str) -> list[str]:
    """The lines of an output without what differs from one run to the next."""
    text = _STYLE.sub("", output)
    for pattern, name in _PASSING:
        text = pattern.sub(name, text)
    return [line.rstrip() for line in text.strip().splitlines()]


@dataclass
class Reader:
    """Somebody who follows a page literally in an empty folder, in one shell."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def follow(self, page: str) -> int:
        """Do what the page says and compare what it shows; the number of blocks followed."""
        done = 0
        for block in blocks(ROOT / page):
            if "title" in block.options:
                path = self._here() / block.options["title"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "sh":
                self.run(block.text, exit_code=int(block.options.get("exit", "0")))
            elif block.language == "python" and "bucket" not in block.options:
                self.run(f"python - <<'END OF SNIPPET'\n{block.text}END OF SNIPPET")
            elif block.language == "text":
                assert lasting(self.said) == lasting(block.text)
            else:
                continue
            done += 1
        return done

    def run(self, commands: str, *, exit_code: int = 0) -> None:
        """Type commands into the shell, which remembers folder and variables."""
        memory = self.folder.with_name(f"{self.folder.name}.shell")
        before = f". '{memory}'\n" if memory.exists() else ""
        after = f"{{ export -p; echo \"cd '$PWD'\"; }} > '{memory}'\n" if exit_code == 0 else ""
        done = subprocess.run(
            ["bash", "-euc", f"{before}{commands}\n{after}"],
            cwd=self.folder,
            env=self._variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == exit_code, f"{commands}\n{done.stdout}\n{done.stderr}"
        self.said = done.stdout

    def _here(self) -> Path:
        memory = self.folder.with_name(f"{self.folder.name}.shell")
        found = (
            re.search(r"^cd '(.*)'$", memory.read_text(), re.MULTILINE) if memory.exists() else None
        )
        return Path(found[1]) if found else self.folder

    def _variables(self) -> dict[str, str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        # Tables are drawn as on a terminal of this width.
        shown = {"TTY_COMPATIBLE": "1", "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "100"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', '')}"
        return {**own, **shown, "PATH": path, "PYTHONUTF8": "1", **self.environment}
