from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import TwinError
from quality.privacy.detection import engine, strict
from quality.privacy.detection.patterns import LONGEST

COLUMNS: dict[str, Any] = {
    "report_pid": {
        "from": "id",
        "type": "string",
        "personal": "indirect",
        "entity": "RECORD_ID",
        "treatment": "pseudonymise",
    },
    "persons_count": {"from": "persone", "type": "integer"},
    "report_text": {
        "from": "testo",
        "type": "string",
        "personal": "direct",
        "treatment": "redact",
    },
}
WRITTEN = "Il lampione è spento. Zzanna Zzprova, via Prova 12, 340 0000001, targa AB123CD"
SECRETS = ["Zzanna", "Zzprova", "0000001", "AB123CD", "Prova 12"]


def reports(*texts: str | None, persons: str = "1") -> dict[str, list[str | None]]:
    return {
        "id": [f"SEG-{number}" for number in range(len(texts))],
        "persone": [persons] * len(texts),
        "testo": list(texts),
    }


def test_a_text_is_stored_without_what_is_personal_in_it(protect: Any) -> None:
    stored = protect(reports(WRITTEN, None, " "), COLUMNS).frame["report_text"].to_list()

    assert stored[0].startswith("Il lampione è spento. [PERSON], [ADDRESS], [PHONE_NUMBER]")
    assert not [secret for secret in SECRETS if secret in stored[0]]
    assert stored[1:] == [None, None]


def test_the_text_of_a_refused_row_is_not_stored_at_all(protect: Any) -> None:
    protected = protect(reports(WRITTEN, persons="molte"), COLUMNS)

    assert protected.frame.is_empty()
    assert protected.refused["report_text"].to_list() == [None]


def test_a_text_too_long_is_refused_with_its_row_and_the_others_land(protect: Any) -> None:
    protected = protect(reports("Il lampione è spento", "Zzanna " * LONGEST), COLUMNS)

    assert protected.frame["report_text"].to_list() == ["Il lampione è spento"]
    assert protected.refused.select("rule", "reason", "report_text").rows() == [
        (
            "text_too_long",
            f"report_text: a text of more than {LONGEST} characters cannot be looked at",
            None,
        )
    ]


def test_a_recogniser_that_fails_on_one_text_stops_the_delivery(
    protect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SLOWEST_S", -1.0)

    with pytest.raises(TwinError, match="took longer than") as told:
        protect(reports("Il lampione è spento", WRITTEN), COLUMNS)

    assert "Zzanna" not in str(told.value)


def test_a_text_that_comes_often_is_looked_at_once(
    protect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    hide = strict.hide
    monkeypatch.setattr(strict, "hide", lambda text: [seen.append(text), hide(text)][1])

    protected = protect(reports(*["Il lampione è spento", WRITTEN] * 50), COLUMNS)

    assert sorted(seen) == sorted({"Il lampione è spento", WRITTEN})
    assert protected.frame["report_text"].value_counts()["count"].to_list() == [50, 50]


@settings(max_examples=60)
@given(
    before=st.sampled_from(["", "Ciao ", "Segnalo che ", "MALE! ", "sono ", "l'ufficio di "]),
    after=st.sampled_from(["", ".", ", grazie", "\n", " e la luce", "!!", ")"]),
    secret=st.sampled_from(
        [
            *("Zzanna", "zzanna", "ZZANNA", "AB123CD", "ab 123 cd", "3400000001"),
            *("+39 340-000.0001", "RSSMRA85T10A562S", "zz.prova@example.org", "via Prova 12"),
            "IT60X0542811101000000123456",
        ]
    ),
)
def test_however_it_stands_in_a_text_what_is_personal_is_not_stored(
    protect: Any, before: str, after: str, secret: str
) -> None:
    protected = protect(reports(before + secret + after), COLUMNS)

    stored = pl.concat([protected.frame, protected.refused], how="diagonal")["report_text"].item()
    assert secret not in stored
