from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.contract.load import load_contract
from quality.contract.model import Contract
from quality.contract.strictness import labels, loosest, stricter
from tests.quality.contract.writing import saved

DURATIONS = ("1m", "15m", "60m", "1h", "24h", "1d", "7d", "1w", "1mo", "12mo", "1y")


def contract(treatment: object, *, name: str = "x_eur", epoch: bool = False) -> Contract:
    type_ = "float" if isinstance(treatment, dict) and "round_to" in treatment else "string"
    if isinstance(treatment, dict) and "truncate" in treatment:
        type_ = "timestamp"
    column = {"from": ["a", "b"] if isinstance(treatment, dict) and "h3" in treatment else "a"}
    column |= {"type": type_, "personal": "indirect", "treatment": treatment}
    if epoch:
        column["epoch"] = "day"
    return Contract.model_validate(
        {
            "publisher": "a2a",
            "dataset": "heat",
            "title": "Calore",
            "owner": "team:a2a",
            "purpose": "Sapere.",
            "legal_basis": "public_task",
            "retention_days": 1,
            "cadence": "static",
            "key_domain": "energy",
            "source": {"protocol": "file", "url": "x.csv"},
            "event_time": "read_on",
            "columns": {
                name: column,
                "site_code": {"type": "string"},
                "read_on": {"type": "date"},
            },
        }
    )


treatments = st.one_of(
    st.just("keep"),
    st.sampled_from(DURATIONS).map(lambda text: {"truncate": text}),
    st.sampled_from([0.1, 1, 10, 1000.5]).map(lambda step: {"round_to": step}),
    st.integers(0, 15).map(lambda resolution: {"h3": resolution}),
    st.sets(st.integers(0, 90), min_size=1, max_size=4).map(lambda e: {"bands": sorted(e)}),
)


@given(treatments)
def test_a_contract_is_never_stricter_than_itself(treatment: object) -> None:
    same = contract(treatment)

    assert stricter(labels(same), same) == []
    assert loosest(labels(same), same) == labels(same)
    assert loosest({}, same) == labels(same)


@given(st.sampled_from(DURATIONS), st.sampled_from(DURATIONS))
def test_of_two_truncations_at_most_one_is_the_stricter(one: str, other: str) -> None:
    first, second = contract({"truncate": one}), contract({"truncate": other})

    forth = stricter(labels(first), second)
    back = stricter(labels(second), first)

    assert not (forth and back)


@given(st.lists(treatments, min_size=1, max_size=5), treatments)
def test_a_table_never_forgets_what_it_once_held(written: list[object], now: object) -> None:
    recorded: dict[str, str] = {}
    for treatment in written:
        recorded = loosest(recorded, contract(treatment))

    blocked = bool(stricter(recorded, contract(now)))

    assert blocked == any(stricter(labels(contract(former)), contract(now)) for former in written)


@given(st.lists(treatments, min_size=1, max_size=5))
def test_writing_again_under_a_former_contract_changes_no_label(written: list[object]) -> None:
    recorded: dict[str, str] = {}
    for treatment in written:
        recorded = loosest(recorded, contract(treatment))

    assert all(loosest(recorded, contract(former)) == recorded for former in written)


@pytest.mark.parametrize(
    ("stored", "allowed"),
    [
        ("keep", {"round_to": 10}),
        ("keep", {"truncate": "1h"}),
        ("truncate 15m", {"truncate": "1h"}),
        ("round_to 1", {"round_to": 10}),
        ("h3 9", {"h3": 7}),
        ("bands 0,18,65", {"bands": [0, 18]}),
        ("bands 0,18,65", {"bands": [0, 20, 65]}),
        ("bands 0,18,65", {"round_to": 10}),
        ("something of a later version", {"round_to": 10}),
    ],
)
def test_a_table_that_shows_more_than_its_contract_is_named(stored: str, allowed: object) -> None:
    now = contract(allowed)

    sentences = stricter({"x_eur": stored, "site_code": "keep"}, now)

    assert sentences == [
        f"x_eur is stored as {stored}: the contract now says {labels(now)['x_eur']}."
    ]


@pytest.mark.parametrize(
    ("stored", "allowed"),
    [
        ("round_to 10", "keep"),
        ("truncate 1h", {"truncate": "15m"}),
        ("truncate 60m", {"truncate": "1h"}),
        ("round_to 10", {"round_to": 1}),
        ("h3 7", {"h3": 9}),
        ("bands 0,18", {"bands": [0, 18, 65]}),
    ],
)
def test_a_looser_contract_blocks_nothing(stored: str, allowed: object) -> None:
    assert stricter({"x_eur": stored}, contract(allowed)) == []


def test_pseudonyms_of_another_domain_or_without_an_epoch_block_reads() -> None:
    lasting = contract("pseudonymise", name="x_pid")
    daily = contract("pseudonymise", name="x_pid", epoch=True)

    assert stricter({"x_pid": "pseudonymise mobility"}, lasting)
    assert stricter(labels(lasting), daily)
    assert not stricter(labels(daily), lasting)
    assert stricter({"x_pid": "pseudonymise mobility day"}, daily)


def test_a_column_that_is_no_longer_kept_blocks_reads_and_gemellos_own_do_not() -> None:
    now = contract("keep")

    sentences = stricter({"old_code": "keep", "window_on": "keep", "valid_to": ""}, now)

    assert sentences == ["old_code is stored as keep: the contract no longer keeps it."]
    assert loosest({"old_code": "keep"}, now)["old_code"] == "keep"


def test_a_column_that_is_now_free_text_to_redact_blocks_reads() -> None:
    now = contract("redact", name="note")

    assert stricter({"note": "keep"}, now) == [
        "note is stored as keep: the contract now says redact."
    ]


def test_labels_say_the_treatment_its_argument_and_its_key_domain(tmp_path: Path) -> None:
    parking = load_contract(saved(tmp_path))

    assert labels(parking) == {
        "session_pid": "pseudonymise parking",
        "car_park_id": "keep",
        "vehicle_pid": "pseudonymise parking day",
        "entered_at": "truncate 15m",
        "paid_eur": "keep",
    }
