import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from quality.privacy.detection.strict import hide

PII = Path(__file__).parents[3] / "shared" / "data" / "pii"
SENTENCES = 600
# The column of the word in a line, and the share of names that must be hidden whole.
FILES = [
    ("kind_WN_dev.tsv.gz", 0, 0.96),
    ("kind_FIC_dev.tsv.gz", 0, 0.96),
    ("kind_ADG_dev.tsv.gz", 0, 0.95),
    ("wikineural_it_val.conllu.gz", 1, 0.96),
]


def sentences(file: str, column: int) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    text, persons, is_inside = "", [], False
    with gzip.open(PII / file, "rt", encoding="utf-8") as lines:
        for line in lines:
            parts = line.rstrip("\n").split("\t")
            if len(parts) < 2:
                if text:
                    yield text, persons
                text, persons, is_inside = "", [], False
                continue
            text += "" if not text or text.endswith(("'", "’", "(", "«")) else " "
            start, label = len(text), parts[-1]
            text += parts[column]
            if label.endswith("PER") and is_inside and not label.startswith("B-"):
                persons[-1] = (persons[-1][0], len(text))
            elif label.endswith("PER"):
                persons.append((start, len(text)))
            is_inside = label.endswith("PER")


@pytest.mark.real_data
@pytest.mark.skipif(not PII.is_dir(), reason="the recorded real files are not beside the code")
@pytest.mark.parametrize(("file", "column", "least"), FILES)
def test_strict_hides_the_names_in_texts_by_other_hands(
    file: str, column: int, least: float
) -> None:
    hidden, names, kept, words = 0, 0, 0, 0
    for text, persons in islice(sentences(file, column), SENTENCES):
        covered = {place for span in hide(text) for place in range(span.start, span.end)}
        for start, end in persons:
            letters = [place for place in range(start, end) if text[place].isalnum()]
            names += 1
            hidden += covered.issuperset(letters)
        outside = set(range(len(text))).difference(*(range(*person) for person in persons))
        plain = [place for place in outside if text[place].isalpha()]
        words += len(plain)
        kept += len(set(plain) - covered)

    assert names > 50
    assert hidden >= least * names
    assert kept >= 0.85 * words
