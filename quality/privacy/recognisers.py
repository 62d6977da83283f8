"""Presidio, fenced in: Italian patterns, no model, and no failure that lets a text pass."""

import logging
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from infra.errors import TwinError
from quality.privacy.canonical import PLATE_LETTERS

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

_LANGUAGE: Final = "it"
_LOGGER: Final = "presidio-analyzer"
# Long texts are cut: what is looked for is short, and no pattern may take long.
_LONGEST: Final = 300
ENTITIES: Final = (
    "CREDIT_CARD",
    "EMAIL_ADDRESS",
    "IBAN_CODE",
    "IP_ADDRESS",
    "IT_DRIVER_LICENSE",
    "IT_FISCAL_CODE",
    "IT_IDENTITY_CARD",
    "IT_PASSPORT",
    "IT_PLATE",
    "IT_POD",
    "IT_VAT_CODE",
    "MAC_ADDRESS",
    "PHONE_NUMBER",
)
_OWN: Final = {
    # Presidio's own e-mail recogniser asks the network for the list of top-level domains.
    "EMAIL_ADDRESS": r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}",
    "IT_PLATE": r"(?<![A-Za-z0-9])"
    rf"{PLATE_LETTERS}[ -]?[0-9]{{3}}[ -]?{PLATE_LETTERS}(?![A-Za-z0-9])",
    "IT_POD": r"(?<![A-Za-z0-9])IT ?[0-9]{3} ?E ?[0-9]{8,9}(?![0-9])",
}


class _Refuse(logging.Handler):
    """Presidio skips a pattern that times out and only warns: the text would pass as clean."""

    def emit(self, record: logging.LogRecord) -> None:
        if "timed out" in str(record.msg):
            raise TwinError(
                "a Presidio pattern took too long, so the delivery was not looked at; run it again "
                "with REGEX_TIMEOUT_SECONDS set higher"
            ) from None


def found_in(text: str, *, score: float) -> frozenset[str]:
    """The kinds of identifiers Presidio finds in a text with at least this score.

    Raises TwinError rather than let a text pass unseen.
    """
    logger = logging.getLogger(_LOGGER)
    if not logger.isEnabledFor(logging.WARNING):
        raise TwinError(
            f"the logger {_LOGGER} is silenced, and Presidio reports skipped patterns only there; "
            "let it log warnings"
        )
    results = _engine().analyze(
        text[:_LONGEST], language=_LANGUAGE, entities=list(ENTITIES), score_threshold=score
    )
    return frozenset(result.entity_type for result in results)


def check_supported(supported: Iterable[str]) -> None:
    """Raise TwinError for an entity no recogniser looks for: Presidio would not mention it."""
    unknown = sorted(set(ENTITIES) - set(supported))
    if unknown:
        raise TwinError(f"Presidio has no recogniser for {', '.join(unknown)}; see recognisers.py")


@cache
def _engine() -> "AnalyzerEngine":
    from presidio_analyzer import (
        AnalyzerEngine,
        Pattern,
        PatternRecognizer,
        RecognizerRegistry,
    )
    from presidio_analyzer import predefined_recognizers as stock
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    logging.getLogger(_LOGGER).addHandler(_Refuse(level=logging.WARNING))
    nlp_engine = NoOpNlpEngine([{"lang_code": _LANGUAGE, "model_name": "no_op"}])
    nlp_engine.load()
    registry = RecognizerRegistry(supported_languages=[_LANGUAGE])
    for recognizer in (
        stock.ItDriverLicenseRecognizer,
        stock.ItFiscalCodeRecognizer,
        stock.ItIdentityCardRecognizer,
        stock.ItPassportRecognizer,
        stock.ItVatCodeRecognizer,
        stock.CreditCardRecognizer,
        stock.IbanRecognizer,
        stock.IpRecognizer,
        stock.MacAddressRecognizer,
    ):
        registry.add_recognizer(recognizer(supported_language=_LANGUAGE))
    # As shipped it looks for phones of eight countries, and Italy is not one of them.
    registry.add_recognizer(
        stock.PhoneRecognizer(supported_language=_LANGUAGE, supported_regions=("IT",))
    )
    for entity, pattern in _OWN.items():
        registry.add_recognizer(
            PatternRecognizer(
                supported_entity=entity,
                patterns=[Pattern(entity.lower(), pattern, 0.8)],
                supported_language=_LANGUAGE,
            )
        )
    engine = AnalyzerEngine(
        registry=registry, nlp_engine=nlp_engine, supported_languages=[_LANGUAGE]
    )
    check_supported(engine.get_supported_entities(_LANGUAGE))
    return engine
