import polars as pl
import pytest

from quality.disclosure.attacks import infer, link


def shown(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["zone_id", "outcome_code", "n"], orient="row")
    return frame.with_columns(is_shown=pl.lit(True))


def test_somebody_whose_quasi_identifiers_nobody_shares_is_linked():
    groups = pl.DataFrame({"zone_id": ["a", "b"], "size": [1, 20]})
    phone_book = pl.DataFrame({"name": ["p", "q", "r"], "zone_id": ["a", "b", "elsewhere"]})

    found = link(groups, phone_book, ["zone_id", "born_year"], size="size")

    assert (found.known_by, found.targets_count, found.linked_count) == (("zone_id",), 3, 1)
    assert found.highest_probability == 1.0


def test_a_file_without_a_column_in_common_links_nobody():
    groups = pl.DataFrame({"zone_id": ["a"], "size": [1]})

    found = link(groups, pl.DataFrame({"name": ["p"]}), ["zone_id"], size="size")

    assert (found.linked_count, found.highest_probability) == (0, 0.0)


def test_where_a_zone_fared_alike_everybody_in_it_is_known_with_certainty():
    found = infer(
        shown([("a", "bad", 30), ("b", "bad", 30), ("b", "light", 30)]),
        ["zone_id"],
        "outcome_code",
        seed=1,
    )

    assert found.certain_count == 30


def test_what_is_true_of_a_whole_zone_is_no_harm_to_those_who_are_in_the_release():
    found = infer(
        shown([("a", "bad", 900), ("a", "light", 100), ("b", "bad", 100), ("b", "light", 900)]),
        ["zone_id"],
        "outcome_code",
        seed=1,
    )

    assert found.success_ratio == pytest.approx(0.9, abs=0.03)
    assert found.blind_ratio == pytest.approx(0.5, abs=0.05)
    assert found.advantage_low < 0.1


def test_groups_of_one_or_two_give_their_own_people_away_and_no_others():
    few = [(f"zone {n}", "bad" if n * 7 % 3 else "light", 1) for n in range(600)]

    found = infer(shown(few), ["zone_id"], "outcome_code", seed=1)

    assert found.success_ratio > found.control_ratio
    assert found.advantage_low > 0.1


def test_what_is_withheld_helps_nobody_to_guess():
    hidden = shown([("a", "bad", 10), ("a", "light", 2), ("b", "light", 40)]).with_columns(
        is_shown=pl.col("zone_id") == "b"
    )

    found = infer(hidden, ["zone_id"], "outcome_code", seed=1)

    assert found.success_ratio == found.blind_ratio
