"""Texts a second on one core: ours, and Presidio's own Italian recognisers on a blank engine.

    python -m tests.bench.detection

Both in one process, turn by turn, on the same texts of about 150 characters.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from quality.privacy.detection.engine import detect
from quality.privacy.detection.strict import hide
from tests.privacy_texts.reading import marked_texts

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

_RUNS: Final = 7
_TEXTS: Final = 400
_CHARACTERS: Final = 150


def main() -> None:
    """Measure and print."""
    texts = texts_of_length(_CHARACTERS)[:_TEXTS]
    stock = stock_engine()
    ways: dict[str, Callable[[str], object]] = {
        "detect": detect,
        "strict": hide,
        "presidio": lambda text: stock.analyze(text, language="it"),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(_RUNS + 1):
        for name, way in ways.items():
            speed = speed_of(way, texts)
            if run:  # the first fills what is remembered
                speeds[name].append(speed)
    mean = sum(map(len, texts)) / len(texts)
    sys.stdout.write(f"{len(texts)} texts of {mean:.0f} characters, median of {_RUNS} runs\n")
    theirs = statistics.median(speeds["presidio"])
    for name, found in speeds.items():
        ours = statistics.median(found)
        sys.stdout.write(f"{name:<10} {ours:8.0f} texts/s  {ours / theirs:5.2f} ×\n")


def texts_of_length(characters: int) -> list[str]:
    """The marked texts, joined in their order until each has about so many characters."""
    joined: list[str] = []
    text = ""
    for turn in range(4):
        for one in marked_texts()[turn:]:
            text = f"{text} {one.text}" if text else one.text
            if len(text) >= characters * 0.8:
                joined.append(text[: int(characters * 1.2)])
                text = ""
    return joined


def speed_of(way: Callable[[str], object], texts: Sequence[str]) -> float:
    """Texts a second, by the time of this process alone."""
    begin = time.process_time()
    for text in texts:
        way(text)
    return len(texts) / (time.process_time() - begin)


def stock_engine() -> "AnalyzerEngine":
    """Presidio's recognisers for Italian and those for all languages, over a blank pipeline."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer import predefined_recognizers as stock
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):  # type: ignore[misc] # presidio has no types
        """A tokeniser and nothing else."""

        def load(self) -> None:
            self.nlp = {"it": spacy.blank("it")}

    registry = RecognizerRegistry(supported_languages=["it"])
    for recogniser in (
        stock.ItDriverLicenseRecognizer,
        stock.ItFiscalCodeRecognizer,
        stock.ItIdentityCardRecognizer,
        stock.ItPassportRecognizer,
        stock.ItVatCodeRecognizer,
        stock.CreditCardRecognizer,
        stock.DateRecognizer,
        stock.EmailRecognizer,
        stock.IbanRecognizer,
        stock.IpRecognizer,
        stock.MacAddressRecognizer,
        stock.PhoneRecognizer,
        stock.UrlRecognizer,
    ):
        registry.add_recognizer(recogniser(supported_language="it"))
    nlp_engine = Blank()
    nlp_engine.load()
    return AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=["it"])


if __name__ == "__main__":
    main()
