import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.keys import Keyring
from infra.settings import Settings
from orchestration.cli import main
from orchestration.cli.exit_codes import EXIT_USAGE

TEXT = "Sono Mario Rossi, cell. 333 1234567, targa AB123CD"


@dataclass(frozen=True)
class Said:
    code: int
    lines: list[dict[str, Any]]
    errors: str


Redact = Callable[..., Said]


@pytest.fixture
def redact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Redact:
    def run(*arguments: str, stdin: str) -> Said:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["gemello", "redact", *arguments])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            patch.chdir(tmp_path)
            patch.setenv("GEMELLO_HOME", str(tmp_path / "home"))
            with pytest.raises(SystemExit) as ended:
                main()
        streams = capfd.readouterr()
        code = ended.value.code
        lines = [json.loads(line) for line in streams.out.splitlines()]
        return Said(code if isinstance(code, int) else 0, lines, streams.err)

    return run


def line(text: str, id_: object = "a") -> str:
    return json.dumps({"id": id_, "text": text}) + "\n"


def test_only_places_come_out_unless_text_is_asked_for(redact: Redact) -> None:
    said = redact(stdin=line(TEXT, 7) + "\n" + line("Il lampione è spento"))

    assert said.code == 0
    assert [one["id"] for one in said.lines] == [7, "a"]
    found = [(TEXT[span["start"] : span["end"]], span["label"]) for span in said.lines[0]["spans"]]
    assert found == [
        ("Mario Rossi", "PERSON"),
        ("333 1234567", "PHONE_NUMBER"),
        ("AB123CD", "IT_PLATE"),
    ]
    assert said.lines[1] == {"id": "a", "spans": []}


@pytest.mark.parametrize(
    ("replace", "expected"),
    [
        ("label", "Sono [PERSON], cell. [PHONE_NUMBER], targa [IT_PLATE]"),
        ("mask", "Sono █████ █████, cell. ███ ███████, targa ███████"),
    ],
)
def test_the_text_comes_out_without_what_was_found(
    redact: Redact, replace: str, expected: str
) -> None:
    said = redact("--replace", replace, stdin=line(TEXT))

    assert said.lines[0]["text"] == expected


def test_an_identifier_has_one_pseudonym_however_it_is_written(redact: Redact) -> None:
    written = line("targa AB123CD") + line("targa ab 123-cd") + line("targa AB124CD")

    texts = [
        one["text"]
        for one in redact("--replace", "pseudonym", "--domain", "mobility", stdin=written).lines
    ]

    assert texts[0] == texts[1] != texts[2]
    assert texts[0].startswith("targa [IT_PLATE 1")


def test_strict_hides_what_nobody_knows(redact: Redact) -> None:
    text = "Ho visto Zorbanquix in strada"

    detected, hidden = (
        redact("--mode", mode, "--replace", "label", stdin=line(text)).lines[0]["text"]
        for mode in ("detect", "strict")
    )

    assert "Zorbanquix" not in hidden
    assert hidden.startswith("Ho visto [")
    assert detected.endswith("in strada")


@pytest.mark.parametrize(
    "broken",
    [
        "Mario Rossi\n",
        '{"id": 1}\n',
        '{"text": "Mario Rossi"}\n',
        '["Mario Rossi"]\n',
        '{"id": 1, "text": 5}\n',
    ],
)
def test_a_line_that_cannot_be_read_ends_the_command_without_showing_it(
    redact: Redact, broken: str
) -> None:
    said = redact(stdin=line("ok") + broken + line("ok"))

    assert said.code == EXIT_USAGE
    assert len(said.lines) == 1
    assert "line 2" in said.errors
    assert "Mario" not in said.errors


def test_a_text_too_long_ends_the_command(redact: Redact) -> None:
    said = redact(stdin=line("Mario Rossi " * 3000))

    assert said.code == EXIT_USAGE
    assert said.lines == []
    assert "too long" in said.errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--replace", "pseudonym"), "go together"),
        (("--replace", "label", "--domain", "mobility"), "go together"),
        (("--replace", "pseudonym", "--domain", "mobilty"), "did you mean mobility"),
        (("--mode", "lenient"), "lenient"),
    ],
)
def test_options_that_do_not_fit_are_a_mistake_of_usage(
    redact: Redact, arguments: tuple[str, ...], words: str
) -> None:
    said = redact(*arguments, stdin=line(TEXT))

    assert said.code == EXIT_USAGE
    assert words in said.errors


def test_a_pseudonym_is_that_of_the_tables_of_its_domain(redact: Redact, tmp_path: Path) -> None:
    import polars as pl

    from quality.privacy.pseudonyms import pseudonyms

    said = redact("--replace", "pseudonym", "--domain", "mobility", stdin=line("targa AB123CD"))

    settings = Settings.load({"GEMELLO_HOME": str(tmp_path / "home")}, tmp_path)
    key = Keyring.open(settings).pseudonym_key("mobility")
    expected = pseudonyms(pl.Series(["AB123CD"]), "IT_PLATE", key)[0]
    assert said.lines[0]["text"] == f"targa [IT_PLATE {expected}]"
