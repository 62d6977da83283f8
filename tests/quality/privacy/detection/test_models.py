from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy

from infra.errors import TwinError
from quality.privacy.detection import engine, models
from quality.privacy.detection.engine import detect, looked_with
from quality.privacy.detection.models import model_of
from quality.privacy.detection.strict import hide

# A word of the language that is in no list of names: only a model can know that it is one here.
NAMED = "tutti dicono che la colpa è di semaforo"


def pipeline(folder: Path, *, language: str = "it", label: str = "PER") -> Path:
    """A spaCy pipeline on disk that takes two words for persons."""
    nlp = spacy.blank(language)
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": label, "pattern": "semaforo"},
            {"label": label, "pattern": [{"LOWER": "garibaldi"}]},
            {"label": "LOC", "pattern": "lampione"},
        ]
    )
    nlp.to_disk(folder)
    return folder


@pytest.fixture
def with_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation with a model of its own."""
    folder = pipeline(tmp_path / "model")
    monkeypatch.setenv("GEMELLO_PII_MODEL", str(folder))
    _forget()
    yield folder
    _forget()


def _forget() -> None:
    models.further_model.cache_clear()
    engine.engine.cache_clear()


def test_what_only_the_further_model_knows_is_found_and_hidden(with_model: Path) -> None:
    (found,) = detect(NAMED)
    hidden = hide(NAMED)

    assert NAMED[found.start : found.end] == "semaforo"
    assert found.label == "PERSON"
    assert (found.start, found.end) in [(span.start, span.end) for span in hidden]


@pytest.mark.usefixtures("with_model")
def test_what_is_found_without_the_model_is_found_with_it() -> None:
    text = "Mario Rossi, targa AB123CD, lamenta il lampione spento"

    found = {text[span.start : span.end]: span.label for span in detect(text)}

    assert found == {"Mario Rossi": "PERSON", "AB123CD": "IT_PLATE"}


@pytest.mark.usefixtures("with_model")
def test_a_street_named_after_somebody_is_nobody_whatever_the_model_says() -> None:
    assert detect("il lampione di via Garibaldi è spento") == ()


@pytest.mark.usefixtures("with_model")
def test_commits_say_that_the_model_looked() -> None:
    assert looked_with().endswith(" it_pipeline 0.0.0")


def test_without_the_setting_no_model_is_looked_for() -> None:
    assert models.further_model() is None
    assert detect(NAMED) == ()


def test_a_folder_without_a_model_is_an_error_and_not_an_empty_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMELLO_PII_MODEL", str(tmp_path))
    _forget()

    with pytest.raises(TwinError, match="holds neither a spaCy pipeline"):
        detect(NAMED)

    _forget()


@pytest.mark.parametrize(
    ("language", "label", "words"),
    [("en", "PER", "for the language en"), ("it", "ORG", "looks for no persons")],
)
def test_a_model_that_cannot_help_is_refused(
    tmp_path: Path, language: str, label: str, words: str
) -> None:
    folder = pipeline(tmp_path / "model", language=language, label=label)

    with pytest.raises(TwinError, match=words):
        model_of(folder)


def test_a_damaged_pipeline_is_refused(tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "model")
    (folder / "config.cfg").write_text("[nlp]\nlang = it\n")

    with pytest.raises(TwinError, match="cannot be loaded"):
        model_of(folder)


def test_a_gliner_model_needs_its_package(tmp_path: Path) -> None:
    (tmp_path / "gliner_config.json").write_text("{}")

    with pytest.raises(TwinError, match="package gliner is not installed"):
        model_of(tmp_path)


def test_a_gliner_model_reads_a_long_text_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stand-in for the package, which reads 1,000 characters and drops the rest.
    (tmp_path / "gliner.py").write_text(
        "class GLiNER:\n"
        "    @classmethod\n"
        "    def from_pretrained(cls, folder, local_files_only): return cls()\n"
        "    def predict_entities(self, text, labels, threshold):\n"
        "        at = text[:1000].find('semaforo')\n"
        "        hit = {'start': at, 'end': at + 8, 'label': 'person'}\n"
        "        return [hit] if at >= 0 else []\n"
    )
    (tmp_path / "gliner_config.json").write_text("{}")
    monkeypatch.syspath_prepend(tmp_path)
    text = "il lampione è spento " * 100 + NAMED

    found = list(model_of(tmp_path).find(engine.fold(text)))

    assert {text[span.start : span.end] for span in found} == {"semaforo"}
