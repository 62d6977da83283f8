import logging
import socket
import time
from itertools import product
from typing import Any, Final

import pytest

from infra.errors import DeliveryRefused, TwinError, UsageError
from quality.privacy import recognisers
from quality.privacy.detection import engine
from quality.privacy.detection.folding import fold
from quality.privacy.detection.patterns import LONGEST, Pattern
from quality.privacy.detection.rule import Rule
from quality.privacy.detection.spans import SEARCHED
from quality.privacy.detection.strict import hide
from quality.privacy.recognisers import found_in
from tests.promises.canaries import Person
from tests.promises.contracts import write_contract
from tests.promises.test_traps_of_other_paths import land
from tests.promises.town import Town
from tests.quality.privacy.detection.test_rules import FISCAL_CODE, WRITTEN

ONE: Final = Person(1)
# What stands before and after a value: nothing, the signs of a sentence, of a list, of a form.
BEFORE: Final = ("", "Nota: ", "\n", "\t", "(", '"', "; ", ", ", ". ", "[", "«", "=", ":", "riga\n")
AFTER: Final = ("", ".", ",", ";", ")", '"', "\n", "\r\n", ":", "!", "?", " ", "\t", "]", "»", "…")
# An identifier of each kind that Presidio confirms.
CONFIRMED: Final = {
    "CREDIT_CARD": "4111111111111111",
    "EMAIL_ADDRESS": "anna.prova@example.org",
    "IBAN_CODE": "IT60X0542811101000000123456",
    "IP_ADDRESS": "192.168.1.10",
    "IT_DRIVER_LICENSE": "BS1234567X",
    "IT_FISCAL_CODE": FISCAL_CODE,
    "IT_IDENTITY_CARD": "CA12345AB",
    "IT_PASSPORT": "YA1234567",
    "IT_PLATE": "AB123CD",
    "IT_POD": "IT001E12345678",
    "IT_VAT_CODE": "00743110157",
    "MAC_ADDRESS": "00:1B:44:11:3A:B7",
    "PHONE_NUMBER": "333 1234567",
}


@pytest.fixture
def slow_pattern() -> Any:  # presidio has no types
    """A pattern of Presidio's that goes back and forth for ever on the letters `bbb…#`."""
    from presidio_analyzer import Pattern as PresidioPattern
    from presidio_analyzer import PatternRecognizer

    found_in("x", score=0.4)
    registry = recognisers._engine().registry
    endless = PatternRecognizer(
        supported_entity="IT_PLATE",
        patterns=[PresidioPattern("endless", r"(?:b|bb)+\d", 0.8)],
        supported_language="it",
    )
    registry.add_recognizer(endless)
    yield endless
    registry.recognizers.remove(endless)


def test_a_pattern_of_presidio_that_takes_too_long_is_an_error_and_no_clean_text(
    slow_pattern: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from presidio_analyzer import pattern_recognizer

    monkeypatch.setattr(pattern_recognizer, "REGEX_TIMEOUT_SECONDS", 0.2)

    with pytest.raises(TwinError, match="took too long") as told:
        found_in("b" * 200 + "#", score=0.4)

    assert "bbb" not in str(told.value)


def test_presidio_that_may_not_warn_of_a_skipped_pattern_is_not_asked() -> None:
    logger = logging.getLogger("presidio-analyzer")
    logger.setLevel(logging.CRITICAL)
    try:
        with pytest.raises(TwinError, match="silenced"):
            found_in("x", score=0.4)
    finally:
        logger.setLevel(logging.NOTSET)


def test_a_pattern_of_ours_that_would_search_for_ever_is_stopped_where_it_is() -> None:
    # From each letter to the end of the text, and back: some seconds, were it not stopped.
    endless = Rule("EMAIL_ADDRESS", Pattern(r"(?:[\w.\-][ ]){3,}@(?:[ ][\w.\-]){4,}"), score=1.0)
    text = fold("b " * (LONGEST // 2))
    begin = time.monotonic()

    with pytest.raises(TwinError, match="was stopped") as told:
        list(endless.spans(text, until=begin + 0.3))

    assert time.monotonic() - begin < 3
    assert "b b b" not in str(told.value)


@pytest.mark.parametrize("labels", [["EMAIL_ADRESS"], ["PERSON", "PERSONS"], ["UNKNOWN"], []])
def test_a_kind_nobody_looks_for_is_an_error_and_not_passed_over(labels: list[str]) -> None:
    with pytest.raises(UsageError, match="no such kind of personal data"):
        engine.detect("Mario Rossi", labels=labels)


def test_a_kind_that_presidio_has_no_recogniser_for_is_an_error() -> None:
    with pytest.raises(TwinError, match="no recogniser for EMAIL_ADDRESS"):
        recognisers.check_supported(set(recognisers.ENTITIES) - {"EMAIL_ADDRESS"})


@pytest.mark.parametrize(
    ("label", "text"),
    [("IT_PASSPORT", "passaporto YA1234567"), ("IT_IDENTITY_CARD", "carta d'identità CA12345AA")],
)
def test_a_document_named_beside_its_number_is_certain_though_no_model_gives_lemmas(
    label: str, text: str
) -> None:
    # Presidio's own pattern counts on lemmas of a model to raise its score.
    assert label not in found_in(text, score=0.4)

    found = {span.label: span.score for span in engine.detect(text)}

    assert found[label] >= 0.6


@pytest.mark.parametrize(("label", "cue", "written"), WRITTEN)
def test_every_identifier_is_found_and_hidden_whatever_stands_before_and_after_it(
    label: str, cue: str, written: str
) -> None:
    for before, after in product(BEFORE, AFTER):
        text = f"{before}{cue}{written}{after}"
        found = [
            (one.label, text[one.start : one.end].lstrip("@-. ")) for one in engine.detect(text)
        ]
        hidden = {place for span in hide(text) for place in range(span.start, span.end)}
        start = len(before) + len(cue)
        letters = {place for place in range(start, start + len(written)) if text[place].isalnum()}

        assert (label, written.removeprefix("@")) in found, (before, after)
        assert letters <= hidden, (before, after)


def test_there_is_a_written_identifier_for_every_rule() -> None:
    tried = [fold(f"{cue}{written}") for _, cue, written in WRITTEN]

    idle = [
        rule.pattern.short.pattern
        for rule in engine.RULES
        if not any(list(rule.found(text)) for text in tried)
    ]

    assert {label for label, *_ in WRITTEN} == set(SEARCHED)
    assert idle == []


@pytest.mark.parametrize("label", recognisers.ENTITIES)
def test_presidio_confirms_every_identifier_whatever_stands_before_and_after_it(label: str) -> None:
    missed = [
        (before, after)
        for before, after in product(BEFORE, AFTER)
        if label not in found_in(f"{before}{CONFIRMED[label]}{after}", score=0.0)
    ]

    assert missed == []


@pytest.mark.parametrize("inside", ["cf{}", "{}Rossi", "prat2024{}x", "id_{}_2024", "{}_CANARY"])
def test_a_codice_fiscale_inside_a_longer_word_is_found(inside: str) -> None:
    text = inside.format(FISCAL_CODE)

    found = {(span.label, text[span.start : span.end]) for span in engine.detect(text)}

    assert ("IT_FISCAL_CODE", FISCAL_CODE) in found


def test_presidio_tells_no_log_what_it_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    text = f"{ONE.name}, {ONE.fiscal_code}, {ONE.email}, targa {ONE.plate}"
    caplog.set_level(logging.DEBUG)
    logging.getLogger("decision_process").info("the trace is listened to")

    engine.detect(text)
    hide(text)
    found_in(text, score=0.0)

    assert [
        record.getMessage() for record in caplog.records if record.name == "decision_process"
    ] == ["the trace is listened to"]
    assert not any(value in caplog.text for value in ONE.values)


def test_both_engines_start_without_asking_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def refused(*given: object) -> None:
        asked.append(given)
        raise OSError("there is no network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    for made in (engine.engine, recognisers._engine):
        made.cache_clear()

    labels = {span.label for span in engine.detect(f"Mario Rossi, {ONE.email}")}
    confirmed = found_in(ONE.email, score=0.4)

    assert labels == {"PERSON", "EMAIL_ADDRESS"}
    assert confirmed == {"EMAIL_ADDRESS"}
    assert asked == []


def test_a_column_of_names_that_claims_to_be_nobodys_is_refused_before_anything_is_stored(
    parks: Town,
) -> None:
    names = ["Mario Rossi", "Bianchi Laura", "Giuseppe Conti", "FERRARI ANNA", "Paolo Ricci"]
    write_contract(parks.contracts, "parks/keepers", KEEPERS)  # type: ignore[arg-type] # it has one
    (parks.sources / "town" / "keepers.csv").write_text(
        "parco;cura\n" + "".join(f"P;{n}\n" for n in names)
    )

    with pytest.raises(DeliveryRefused, match=r"kept_by \(5 of 5 sampled values: PERSON\)") as told:
        land(parks, "parks/keepers")

    assert not any(name in str(told.value) for name in names)
    assert not list(parks.lake.rglob("*.parquet"))


KEEPERS: Final = """\
    title: Chi cura i parchi
    owner: team:parchi
    purpose: Sapere chi cura ogni parco.
    legal_basis: not_personal
    cadence: static
    source: {protocol: file, url: "{town}/keepers.csv"}
    columns:
      park_id: {from: parco, type: string}
      kept_by: {from: cura, type: string}
    """
