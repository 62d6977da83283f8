import json
import lzma
import random
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import TwinError, UsageError
from quality.privacy.detection import lexicon
from quality.privacy.detection.engine import RULES, detect, recogniser
from quality.privacy.detection.folding import fold
from quality.privacy.detection.patterns import LONGEST, SHORT
from quality.privacy.detection.strict import hide
from tests.privacy_texts.reading import marked_texts

TRAINED = Path(lexicon.__file__).parent / "trained"
PIECES = [
    "via ",
    "3",
    "33 ",
    "a",
    "A",
    "Mario ",
    "0",
    ".",
    "-",
    "@",
    " punto ",
    "nato ",
    "IT",
    "\n",
    ", ",
    "targa ",
    "°",
    "'",
    ":",
    "rss",
]


@pytest.mark.parametrize("find", [detect, hide])
def test_a_text_too_long_is_an_error(find: type) -> None:
    with pytest.raises(UsageError, match="too long to be looked at") as told:
        find("Mario Rossi " * (LONGEST // 12 + 1))

    assert "Mario" not in str(told.value)


def test_a_recogniser_that_fails_is_an_error_without_the_text() -> None:
    def broken(_: object) -> list[object]:
        raise ValueError("Mario Rossi")

    with pytest.raises(TwinError, match="failed with ValueError") as told:
        recogniser("names", ["PERSON"], broken).analyze("Mario Rossi", ["PERSON"])

    assert "Mario" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_a_recogniser_that_is_too_slow_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 60.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))

    with pytest.raises(TwinError, match="took longer than"):
        recogniser("names", ["PERSON"], lambda _: []).analyze("Mario Rossi", ["PERSON"])


@pytest.mark.parametrize("seed", range(40))
def test_no_pattern_takes_long_on_the_longest_text_that_has_no_clock(seed: int) -> None:
    dice = random.Random(seed)
    piece = "".join(dice.choices(PIECES, k=dice.choice((1, 2, 3, 5))))
    text = (piece * SHORT)[: SHORT - 1].lower() + "#"
    begin = time.process_time()

    for rule in RULES:
        list(rule.pattern.matches(text))

    assert time.process_time() - begin < 0.5


def test_patterns_find_the_same_in_short_and_in_long_texts() -> None:
    for one in marked_texts():
        short, long = fold(one.text + "\n"), fold(one.text + "\n" + " " * SHORT)
        for rule in RULES:
            assert list(rule.spans(long)) == list(rule.spans(short))


@pytest.mark.parametrize("name", [lexicon.WORDS, lexicon.WEIGHTS])
def test_a_model_that_is_not_the_trained_one_is_not_used(tmp_path: Path, name: str) -> None:
    shutil.copytree(TRAINED, tmp_path / "trained")
    (tmp_path / "trained" / name).write_bytes(lzma.compress(b"{}"))

    with pytest.raises(TwinError, match="not the one that was trained"):
        lexicon.read(name, tmp_path / "trained")


def test_a_model_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="is missing"):
        lexicon.read(lexicon.WORDS, tmp_path)


def test_the_model_is_smaller_than_a_megabyte_and_says_of_what_it_was_made() -> None:
    manifest = json.loads((TRAINED / lexicon.MANIFEST).read_text(encoding="utf-8"))

    assert sum(file.stat().st_size for file in TRAINED.iterdir()) < 1_000_000
    assert set(manifest["sha256"]) == {lexicon.WORDS, lexicon.WEIGHTS}
    assert {"seed", "packages"} <= set(manifest)


@given(st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_whatever_is_written_spans_lie_in_the_text_one_after_the_other(text: str) -> None:
    for spans in (detect(text), hide(text)):
        places = [place for span in spans for place in (span.start, span.end)]

        assert places == sorted(places)
        assert all(0 <= span.start < span.end <= len(text) for span in spans)


@pytest.mark.parametrize("seed", range(8))
def test_no_text_takes_long(seed: int) -> None:
    dice = random.Random(seed)
    piece = "".join(dice.choices(PIECES, k=3))
    begin = time.perf_counter()

    hide((piece * LONGEST)[:LONGEST])

    assert time.perf_counter() - begin < 20
