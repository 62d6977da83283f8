"""A further recogniser: a spaCy pipeline or a GLiNER model that an installation has a folder of."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from infra.errors import TwinError
from infra.settings import Settings
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.somebody import may_be_persons
from quality.privacy.detection.spans import SEARCHED, Label, Span

_SCORE: Final = 0.7
# What models call what we look for; our own labels need no translation.
_LABELS: Final[Mapping[str, Label]] = {
    "PER": "PERSON",
    **{label: label for label in SEARCHED},
}
_LANGUAGES: Final = ("it", "xx")
# What a GLiNER model is asked for, in its words.
_ASKED: Final[Mapping[str, Label]] = {
    "person": "PERSON",
    "email address": "EMAIL_ADDRESS",
    "phone number": "PHONE_NUMBER",
    "home address": "ADDRESS",
}
_GLINER_SCORE: Final = 0.5
# It reads so many characters at once, and drops silently what is more.
_PIECE: Final = 900
_OVERLAP: Final = 150


@dataclass(frozen=True)
class Model:
    """A model at work: its name and version, what it looks for, and how it finds it."""

    name: str
    labels: tuple[Label, ...]
    find: Callable[[Folded], Iterable[Span]]


@cache
def further_model() -> Model | None:
    """The model of GEMELLO_PII_MODEL; None where the setting is not made.

    Raises TwinError for a folder without one, or a model that looks for nothing we do: what was
    asked for and cannot look must not count as having found nothing.
    """
    folder = Settings.load().pii_model
    return None if folder is None else model_of(folder)


def model_of(folder: Path) -> Model:
    """The model in a folder: spaCy's has a `meta.json`, GLiNER's a `gliner_config.json`."""
    if (folder / "meta.json").is_file():
        return _spacy_model(folder)
    if (folder / "gliner_config.json").is_file():
        return _gliner_model(folder)
    raise TwinError(
        f"GEMELLO_PII_MODEL names {folder}, which holds neither a spaCy pipeline (meta.json) nor a "
        "GLiNER model (gliner_config.json); correct it or remove it"
    )


def _spacy_model(folder: Path) -> Model:
    import spacy

    try:
        nlp = spacy.load(folder)
    except (OSError, ValueError, ImportError, json.JSONDecodeError) as error:
        raise TwinError(
            f"the spaCy pipeline in {folder} cannot be loaded ({type(error).__name__}); is it for "
            f"spaCy {version('spacy')}?"
        ) from None
    meta = nlp.meta
    name = f"{meta.get('lang')}_{meta.get('name')} {meta.get('version')}"
    if nlp.lang not in _LANGUAGES:
        raise TwinError(
            f"the spaCy pipeline in {folder} is for the language {nlp.lang}, not Italian"
        )
    known = {label for labels in nlp.pipe_labels.values() for label in labels} & set(_LABELS)
    if not known:
        raise TwinError(
            f"the spaCy pipeline in {folder} looks for no persons; it needs the label PER, PERSON "
            "or one of ours"
        )

    def find(folded: Folded) -> Iterator[Span]:
        for entity in nlp(folded.plain).ents:
            if entity.label_ in known:
                yield from _span(folded, entity.start_char, entity.end_char, _LABELS[entity.label_])

    return Model(name, tuple(sorted({_LABELS[label] for label in known})), find)


def _gliner_model(folder: Path) -> Model:
    try:
        from gliner import GLiNER
    except ImportError:
        raise TwinError(
            f"GEMELLO_PII_MODEL names the GLiNER model in {folder}, and the package gliner is not "
            "installed; install it, or remove the setting"
        ) from None
    loaded: Any = GLiNER.from_pretrained(str(folder), local_files_only=True)  # it has no types

    def find(folded: Folded) -> Iterator[Span]:
        for begin in range(0, max(1, len(folded.plain) - _OVERLAP), _PIECE - _OVERLAP):
            piece = folded.plain[begin : begin + _PIECE]
            for one in loaded.predict_entities(piece, [*_ASKED], threshold=_GLINER_SCORE):
                label = _ASKED[one["label"]]
                yield from _span(folded, begin + one["start"], begin + one["end"], label)

    return Model(f"gliner {folder.name}", tuple(sorted(_ASKED.values())), find)


def _span(folded: Folded, start: int, end: int, label: Label) -> Iterator[Span]:
    """The span of an entity, unless it is a person and can be none."""
    if end > start and (label != "PERSON" or may_be_persons(folded, start, end)):
        yield Span(*folded.span(start, end), label, _SCORE)
