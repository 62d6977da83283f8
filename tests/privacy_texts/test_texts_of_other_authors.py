import re

import pytest

from quality.privacy.detection.engine import detect
from quality.privacy.detection.spans import SEARCHED
from quality.privacy.detection.strict import hide
from tests.privacy_texts.reading import Texts, marked_texts, score
from tests.privacy_texts.test_marked_texts import SENTENCES, phrases

# Rules were changed with the first author's texts in view; the second author's were never read.
FLOORS: list[tuple[Texts, float, float, float, float]] = [
    ("first-author", 0.97, 0.96, 0.96, 0.06),
    ("second-author", 0.92, 0.89, 0.88, 0.25),
]
STRICT_FLOORS: list[tuple[Texts, float, float, float]] = [
    ("first-author", 0.99, 0.99, 0.87),
    ("second-author", 0.98, 0.97, 0.86),
]


@pytest.mark.parametrize("texts", ["first-author", "second-author"])
def test_each_author_wrote_in_ten_registers_and_marked_what_we_look_for(texts: Texts) -> None:
    written = marked_texts(texts)

    assert len(written) == 170
    assert len({one.register for one in written}) == 10
    assert {span.label for one in written for span in one.spans} <= set(SEARCHED)
    assert sum(not one.spans for one in written) > len(written) / 3


def test_no_text_of_the_second_author_was_trained_on() -> None:
    lines = SENTENCES.read_text(encoding="utf-8").replace("\\n", "\n").splitlines()
    parts = {
        phrase
        for line in lines
        for part in re.split(r"\{[a-z]\}", line)
        for phrase in phrases(part, 6)
    }

    copied = [one.register for one in marked_texts("second-author") if phrases(one.text, 6) & parts]

    assert not copied


@pytest.mark.parametrize(("texts", "recall", "names", "precision", "touched"), FLOORS)
def test_detection_holds_its_line_on_texts_of_other_authors(
    texts: Texts, recall: float, names: float, precision: float, touched: float
) -> None:
    got = score(marked_texts(texts), detect)

    assert got.all_of().share >= recall
    assert got.recall["PERSON"].share >= names
    assert got.precision.share >= precision
    assert got.clean_touched.share <= touched


@pytest.mark.parametrize(("texts", "hidden", "names", "kept"), STRICT_FLOORS)
def test_strict_redaction_holds_its_line_on_texts_of_other_authors(
    texts: Texts, hidden: float, names: float, kept: float
) -> None:
    got = score(marked_texts(texts), hide)

    assert got.all_of("hidden").share >= hidden
    assert got.hidden["PERSON"].share >= names
    assert got.readable.share >= kept
