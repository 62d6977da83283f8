import re
from pathlib import Path

import pytest

from quality.privacy.detection import training
from quality.privacy.detection.engine import detect
from quality.privacy.detection.spans import SEARCHED
from quality.privacy.detection.strict import hide
from tests.privacy_texts.reading import Marked, marked_texts, score

SENTENCES = Path(training.__file__).parent / "sentences.txt"
HELD_OUT = [one for one in marked_texts() if one.is_held_out]


def phrases(text: str, length: int = 4) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.lower())
    return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}


def test_the_texts_are_many_and_of_ten_registers() -> None:
    texts = marked_texts()

    assert len(texts) >= 300
    assert len({one.register for one in texts}) == 10
    assert {span.label for one in texts for span in one.spans} <= set(SEARCHED)
    assert sum(not one.spans for one in texts) > len(texts) / 4


@pytest.mark.parametrize("one", HELD_OUT, ids=lambda one: f"{one.register}")
def test_no_text_held_out_was_trained_on(one: Marked) -> None:
    lines = SENTENCES.read_text(encoding="utf-8").replace("\\n", "\n").splitlines()
    parts = [part for line in lines for part in re.split(r"\{[a-z]\}", line)]

    assert not phrases(one.text) & {phrase for part in parts for phrase in phrases(part)}


def test_detection_holds_its_line_on_texts_held_out() -> None:
    got = score(HELD_OUT, detect)

    assert got.all_of().share >= 0.94
    assert got.recall["PERSON"].share >= 0.92
    assert got.precision.share >= 0.88
    assert got.clean_touched.share <= 0.14


def test_strict_redaction_holds_its_line_on_texts_held_out() -> None:
    got = score(HELD_OUT, hide)

    assert got.all_of("hidden").share >= 0.98
    assert got.hidden["PERSON"].share >= 0.97
    assert got.readable.share >= 0.88
