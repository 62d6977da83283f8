"""Writing a text again without what was found in it."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, Literal

from infra.keys import PseudonymKey
from quality.contract.entities import ENTITIES
from quality.privacy.detection.spans import Label, Span

Replacement = Literal["label", "pseudonym", "mask"]
_MASK: Final = "█"
_REMEMBERED: Final = 10_000


def redacted(text: str, spans: Sequence[Span], write: Callable[[str, Label], str]) -> str:
    """The text with `write` called for the characters of each span; spans are in order."""
    pieces, last = [], 0
    for span in spans:
        pieces += [text[last : span.start], write(text[span.start : span.end], span.label)]
        last = span.end
    return "".join([*pieces, text[last:]])


def as_label(_: str, label: Label) -> str:
    """`[PERSON]`; `[…]` for what strict redaction hides without knowing what it is."""
    return "[…]" if label == "UNKNOWN" else f"[{label}]"


def as_mask(text: str, _: Label) -> str:
    """A block for each letter and digit: the text keeps its length, and so shows that of words."""
    return "".join(_MASK if one.isalnum() else one for one in text)


def as_pseudonym(key: PseudonymKey) -> Callable[[str, Label], str]:
    """`[PERSON 1k4…]`: the keyed pseudonym that the same identifier has in tables of its domain.

    What has no canonical form, and labels no column can have, get their label alone.
    """

    @lru_cache(_REMEMBERED)
    def write(text: str, label: Label) -> str:
        pseudonym = _pseudonym(text, label, key)
        return as_label(text, label) if pseudonym is None else f"[{label} {pseudonym}]"

    return write


def _pseudonym(text: str, label: Label, key: PseudonymKey) -> str | None:
    import polars as pl

    from quality.privacy.canonical import canonical
    from quality.privacy.pseudonyms import pseudonyms

    for entity in ENTITIES:
        if entity == label:
            forms, _ = canonical(pl.Series([text], dtype=pl.String), entity)  # type: ignore[arg-type] # of ENTITIES
            found: str | None = pseudonyms(forms, entity, key)[0]  # type: ignore[arg-type] # of ENTITIES
            return found
    return None
