"""What is found in a text: spans with a label, and which of two that overlap is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal, get_args

Label = Literal[
    "ADDRESS",
    "COORDINATES",
    "CREDIT_CARD",
    "CUSTOMER_CODE",
    "DATE_OF_BIRTH",
    "DEVICE_TAG",
    "EMAIL_ADDRESS",
    "IBAN_CODE",
    "IMEI",
    "IP_ADDRESS",
    "IT_DRIVER_LICENSE",
    "IT_FISCAL_CODE",
    "IT_HEALTH_CARD",
    "IT_IDENTITY_CARD",
    "IT_PASSPORT",
    "IT_PDR",
    "IT_PLATE",
    "IT_POD",
    "IT_VAT_CODE",
    "MAC_ADDRESS",
    "METER_SERIAL",
    "PERSON",
    "PHONE_NUMBER",
    "TRANSIT_CARD",
    "USERNAME",
    "UNKNOWN",
]
LABELS: Final[tuple[Label, ...]] = get_args(Label)
# What the recognisers look for; UNKNOWN is what strict redaction hides without knowing what it is.
SEARCHED: Final[tuple[Label, ...]] = tuple(label for label in LABELS if label != "UNKNOWN")

# A number with the right check digit is what it seems to be.
CERTAIN: Final = 1.0
# Found by words, not by form: a code with a form wins over a name that begins inside it.
_BY_WORDS: Final[tuple[Label, ...]] = ("PERSON", "UNKNOWN")
_SHORTEST_REST: Final = 3
# The order of spans as such, without asking each pair.
IN_TEXT: Final = attrgetter("start", "end", "label", "score")


@dataclass(frozen=True, order=True)
class Span:
    """The characters from `start` up to `end` of a text, and what they seem to be."""

    start: int
    end: int
    label: Label
    score: float

    @property
    def length(self) -> int:
        """How many characters it covers."""
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        """Whether they share a character."""
        return self.start < other.end and other.start < self.end


def resolved(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in the order of the text, none overlapping.

    Of two that overlap the one with a valid check digit is kept, then identifiers before names, the
    longer, the one with the higher score. What is left uncovered of the other identifier stays
    hidden under its own label.
    """
    kept: list[Span] = []
    order = sorted(
        spans,
        key=lambda one: (
            one.score < CERTAIN,
            one.label in _BY_WORDS,
            one.start - one.end,
            -one.score,
            one.start,
            one.label,
        ),
    )
    for span in order:
        kept.extend(_uncovered(span, kept))
    return tuple(sorted(kept, key=IN_TEXT))


def _uncovered(span: Span, kept: Iterable[Span]) -> list[Span]:
    pieces = [span]
    for other in kept:
        if not other.overlaps(span):
            continue
        pieces = [
            piece
            for whole in pieces
            for piece in (
                [whole]
                if not whole.overlaps(other)
                else [
                    Span(whole.start, other.start, whole.label, whole.score),
                    Span(other.end, whole.end, whole.label, whole.score),
                ]
            )
            if piece is span or (piece.length > _SHORTEST_REST and piece.label != "PERSON")
        ]
    return pieces
