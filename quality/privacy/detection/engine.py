"""Presidio with our recognisers for Italian, without a model to download, and closed when in doubt.

A recogniser that fails or is too slow, an unknown label, a text too long: an error, never "clean".
"""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from infra.errors import TwinError, UsageError
from quality.privacy.detection import (
    accounts,
    addresses,
    contacts,
    dates,
    devices,
    identifiers,
)
from quality.privacy.detection.announced_codes import announced_codes
from quality.privacy.detection.dates import births
from quality.privacy.detection.dictated import dictated_numbers
from quality.privacy.detection.folding import Folded, fold
from quality.privacy.detection.lexicon import model_id
from quality.privacy.detection.models import further_model
from quality.privacy.detection.patterns import LONGEST, SLOWEST_S
from quality.privacy.detection.persons import persons
from quality.privacy.detection.rule import Rule, Rules
from quality.privacy.detection.spans import SEARCHED, Label, Span, resolved

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

LANGUAGE: Final = "it"
RULES: Final = (
    *identifiers.RULES,
    *contacts.RULES,
    *accounts.RULES,
    *dates.RULES,
    *devices.RULES,
    *addresses.RULES,
)
# How much more readily a word is taken for a name than not: other people's texts name people in
# ways that were not trained. More than that touches one clean text in three of other hands.
_EAGER: Final = 0.25

_TRIED: Final = Rules(RULES)

Finder = Callable[[Folded], Iterable[Span]]


def detect(text: str, *, labels: Sequence[str] = SEARCHED) -> tuple[Span, ...]:
    """What in a text is personal, in its order, without overlaps.

    Raises UsageError for a label nobody looks for or a text longer than 20 000 characters, and
    TwinError when a recogniser failed: such a text was not looked at, and is not clean.
    """
    if labels is not SEARCHED:
        check_labels(labels)
    check_length(text)
    results = engine().analyze(text, language=LANGUAGE, entities=list(labels))
    return resolved(Span(one.start, one.end, one.entity_type, one.score) for one in results)


def check_labels(labels: Iterable[str]) -> None:
    """Raise UsageError for a label no recogniser looks for: Presidio would not mention it."""
    asked = list(labels)
    unknown = sorted(set(asked) - set(SEARCHED))
    if unknown or not asked:
        raise UsageError(
            f"{', '.join(unknown) or 'nothing'}: no such kind of personal data is looked for; "
            f"there "
            f"are {', '.join(SEARCHED)}"
        )


def check_length(text: str) -> None:
    """Raise UsageError for a text that is longer than may be looked at in one piece."""
    if len(text) > LONGEST:
        raise UsageError(
            f"a text of {len(text)} characters is too long to be looked at in one piece; cut it "
            f"into pieces of at most {LONGEST}"
        )


def by_rules(folded: Folded) -> Iterable[Span]:
    """What the rules find, each with its own spans."""
    found = [span for _, span, is_policys in _matches(folded) if not is_policys]
    return [*found, *announced_codes(folded), *dictated_numbers(folded)]


def whosever(text: str) -> list[Span]:
    """The identifiers, contacts and addresses of a text that `detect` leaves to their offices."""
    return _found("rules", _whosever, text)


def _whosever(folded: Folded) -> Iterable[Span]:
    return [span for rule, span, _ in _matches(folded) if rule.policy is not None]


# Strict redaction asks again for the text in which `detect` has just looked.
@lru_cache(maxsize=2)
def _matches(folded: Folded) -> tuple[tuple[Rule, Span, bool], ...]:
    """What the rules match, whosever it is; and whether the policy leaves it to an office."""
    until = time.monotonic() + SLOWEST_S
    return tuple(
        (rule, span, is_policys)
        for rule in _TRIED.possible(folded)
        for span, is_policys in rule.found(folded, until=until)
    )


def by_words(folded: Folded) -> Iterable[Span]:
    """The persons that are named, and the births that stand beside them."""
    found = list(persons(folded, eagerness=_EAGER))
    return [*found, *births(folded, found)]


def looked_with() -> str:
    """The models that look at texts: ours by its hash, a further one by name and version."""
    further = further_model()
    return model_id() if further is None else f"{model_id()} {further.name}"


@cache
def engine() -> "AnalyzerEngine":
    """The engine: a recogniser of rules, one of names, and the installation's own if it has one."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    nlp_engine = NoOpNlpEngine([{"lang_code": LANGUAGE, "model_name": "no_op"}])
    nlp_engine.load()
    registry = _registry()
    registry.add_recognizer(
        recogniser("rules", [one for one in SEARCHED if one != "PERSON"], by_rules)
    )
    registry.add_recognizer(recogniser("names", ["PERSON", "DATE_OF_BIRTH"], by_words))
    further = further_model()
    if further is not None:
        registry.add_recognizer(recogniser(further.name, further.labels, further.find))
    made = AnalyzerEngine(
        registry=registry,
        nlp_engine=nlp_engine,
        supported_languages=[LANGUAGE],
        context_aware_enhancer=_no_enhancer(),
    )
    lacking = sorted(set(SEARCHED) - set(made.get_supported_entities(LANGUAGE)))
    if lacking:
        raise TwinError(f"Presidio has no recogniser for {', '.join(lacking)}")
    return made


def _registry() -> Any:  # presidio has no types
    """Presidio's registry, which would look through all labels of all recognisers for each text."""
    from presidio_analyzer import RecognizerRegistry

    class Registry(RecognizerRegistry):  # type: ignore[misc] # presidio has no types
        """Remembers who looks for what: recognisers are added before the first text only."""

        @cache  # noqa: B019 # there is one registry, for as long as the process lives
        def _chosen(self, language: str, entities: tuple[str, ...]) -> list[Any]:
            found: list[Any] = super().get_recognizers(language, list(entities))
            return found

        def get_recognizers(
            self, language: str, entities: Sequence[str] = (), **_: object
        ) -> list[Any]:
            """The recognisers that look for one of these labels at least."""
            return self._chosen(language, tuple(entities or SEARCHED))

    return Registry(supported_languages=[LANGUAGE])


def _no_enhancer() -> Any:  # presidio has no types
    """Our rules look at the words around by themselves; Presidio's way needs lemmas of a model."""
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer

    class NoEnhancer(ContextAwareEnhancer):  # type: ignore[misc] # presidio has no types
        """Leaves results as they are."""

        def enhance_using_context(
            self, text: str, raw_results: list[Any], *_: object, **__: object
        ) -> list[Any]:
            """The results."""
            return raw_results

    return NoEnhancer(
        context_similarity_factor=0.0,
        min_score_with_context_similarity=0.0,
        context_prefix_count=0,
        context_suffix_count=0,
    )


def recogniser(name: str, labels: Sequence[Label], finder: Finder) -> Any:  # presidio has no types
    """A Presidio recogniser that fails loudly."""
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    class Recogniser(EntityRecognizer):  # type: ignore[misc] # presidio has no types
        """Ours, as Presidio calls it."""

        def load(self) -> None:
            """Nothing to load before the first text."""

        def analyze(
            self, text: str, entities: list[str], nlp_artifacts: object = None
        ) -> list[RecognizerResult]:
            """The spans of the labels that are asked for."""
            wanted = set(entities)
            return [
                RecognizerResult(span.label, span.start, span.end, span.score)
                for span in _found(name, finder, text)
                if span.label in wanted
            ]

    return Recogniser(supported_entities=list(labels), supported_language=LANGUAGE, name=name)


def _found(name: str, finder: Finder, text: str) -> list[Span]:
    begin = time.monotonic()
    try:
        spans = list(finder(fold(text)))
    except TwinError:
        raise
    except Exception as error:  # noqa: BLE001 # whatever failed, the text was not looked at
        raise TwinError(
            f"the recogniser of {name} failed with {type(error).__name__}, so a text was not "
            "looked at; nothing of it may be passed on"
        ) from None
    if time.monotonic() - begin > SLOWEST_S:
        raise TwinError(
            f"the recogniser of {name} took longer than {SLOWEST_S:.0f} s for one text, so it is "
            "not taken to have looked at all of it"
        )
    return spans
