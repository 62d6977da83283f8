from datetime import date

import polars as pl
import pytest

from infra.errors import DeliveryRefused, TwinError
from infra.lake import Lake, TableSpec
from infra.settings import Settings
from infra.windows import Window
from quality.disclosure.cells import tabulate
from quality.disclosure.gate import clear, let_pass
from quality.disclosure.policy import TOTAL, Cells, Records, Thresholds

TABLE = "open/safety/x"
LIMITS = Thresholds(k=3, entropy_l=1.5, t=0.3)
PEOPLE = Records(
    quasi_identifiers=("zone_id", "sex_code"), sensitive=("outcome_code",), thresholds=LIMITS
)
# Two of each outcome in each of four groups: large and mixed enough, and nobody is like no other.
GOOD = [(zone, sex, how) for zone in "ab" for sex in "FM" for how in ("bad", "light") * 2]
CANARY = "Zzcanary"


def people(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["zone_id", "sex_code", "outcome_code"], orient="row")


def refusal_of(
    rows: list[tuple[str, str, str]], limits: Thresholds = LIMITS, **more: object
) -> str:
    release = Records(PEOPLE.quasi_identifiers, PEOPLE.sensitive, limits)
    with pytest.raises(DeliveryRefused) as refusal:
        clear(TABLE, people(rows), release, **more)
    assert refusal.value.check == "disclosure"
    return str(refusal.value)


def test_rows_that_hold_every_threshold_pass_as_they_are():
    passed = clear(TABLE, people(GOOD), PEOPLE)

    assert passed.rows.frame.equals(people(GOOD))
    assert (passed.verdict.k, passed.verdict.t) == (4, {"outcome_code": 0.0})
    assert passed.verdict.linkage.highest_probability == 0.25
    assert not passed.verdict.singling_out.succeeds


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [(CANARY, "F", "bad"), (CANARY, "F", "light")],
            "k is below 3 in 1 of 5 groups of zone_id × sex_code; make zone_id or sex_code coarser",
        ),
        ([(CANARY, "F", "bad")] * 4, "distinct l of outcome_code is below 2 in 1 of 5 groups"),
        (
            [(CANARY, "F", "bad")] * 40 + [(CANARY, "F", "light")] * 2,
            "entropy l of outcome_code is below 1.5 in 1 of 5 groups",
        ),
        (
            [(CANARY, "F", "worst")] * 4 + [(CANARY, "F", "dead")] * 4,
            "t of outcome_code is above 0.3 in 5 of 5 groups",
        ),
        ([(CANARY, "F", "bad")], "uniques: 1 of 17 rows have quasi-identifiers that no other has"),
        ([("a", "F", CANARY)], "singling out: 1 of 17 rows are like no other in all columns"),
        (
            [(CANARY, "F", "bad")],
            "linkage: people known by zone_id, sex_code have fewer than 3 candidates; 1 of 17",
        ),
        (
            [(CANARY, "F", "bad")] * 4,
            "inference: of 4 of 20 the release tells outcome_code with certainty",
        ),
    ],
)
def test_rows_under_a_threshold_are_refused_by_the_name_of_the_measure_and_no_value(rows, words):
    said = refusal_of(GOOD + rows)

    assert said.startswith(f"{TABLE}: nothing was published: ")
    assert words in said
    assert CANARY not in said


def test_guessing_much_better_of_those_inside_than_of_others_is_refused():
    alike = [(f"z{n}", "F", "bad" if n % 3 else "light") for n in range(300)]

    said = refusal_of(alike)

    assert "outcome_code is guessed better of people in the release than of others" in said


def test_the_file_of_somebody_who_knows_only_the_zone_finds_larger_groups():
    known = people(GOOD).select("zone_id")

    passed = clear(TABLE, people(GOOD), PEOPLE, auxiliary=known)

    assert passed.verdict.linkage.known_by == ("zone_id",)
    assert passed.verdict.linkage.highest_probability == 1 / 8


def test_cells_that_nobody_withheld_are_refused_by_the_name_of_the_measure_and_no_value():
    release = Cells(
        quasi_identifiers=("zone_id",),
        sensitive=("outcome_code",),
        sums=("energy_kwh",),
        count="units_count",
        thresholds=LIMITS,
    )
    rows = [(CANARY, "bad", 1.0)] * 2 + [("b", "bad", 1.0)] * 9 + [("b", "light", 1.0)] * 4
    rows += [("b", "light", 987.0)]
    units = pl.DataFrame(rows, schema=["zone_id", "outcome_code", "energy_kwh"], orient="row")
    naive = tabulate(TABLE, units, release)

    with pytest.raises(DeliveryRefused) as refusal:
        let_pass(TABLE, naive, units, release)

    said = str(refusal.value)
    for words in (
        "k: units_count is below 3 in 2 of 9 cells shown of zone_id × outcome_code",
        "dominance: in 6 of 9 cells shown",
        "l or t: 2 of 9 cells shown",
        "linkage: people known by zone_id have fewer than 3 candidates",
    ):
        assert words in said
    assert CANARY not in said
    assert "987" not in said
    assert clear(TABLE, units, release).verdict.loss.primary_count


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ({"zone_id": [TOTAL], "energy_kwh": [1.0]}, "a value of zone_id is 'totale'"),
        ({"zone_id": [None], "energy_kwh": [1.0]}, "zone_id is empty in some rows"),
        ({"zone_id": ["a"], "energy_kwh": [-1.0]}, "energy_kwh are empty or negative"),
        ({"zone_id": ["a"], "energy_kwh": [None]}, "energy_kwh are empty or negative"),
    ],
)
def test_units_of_which_no_cells_can_be_made_are_refused(units, words):
    schema = {"zone_id": pl.String, "energy_kwh": pl.Float64}
    release = Cells(quasi_identifiers=("zone_id",), sums=("energy_kwh",), count="units_count")

    with pytest.raises(DeliveryRefused, match=words):
        clear(TABLE, pl.DataFrame(units, schema=schema), release)


def test_an_empty_table_passes_empty():
    release = Cells(quasi_identifiers=("zone_id",), sensitive=("sex_code",), count="people_count")

    passed = clear(TABLE, people([]).cast(pl.String), release)

    assert (passed.rows.frame.height, passed.verdict.k) == (0, None)
    assert clear(TABLE, people([]).cast(pl.String), PEOPLE).rows.frame.is_empty()


def test_the_lake_takes_rows_of_an_open_table_from_the_gate_alone(tmp_path):
    lake = Lake.open(Settings.load({"GEMELLO_HOME": str(tmp_path)}, tmp_path))
    frame, day = people(GOOD), Window.of(date(2025, 1, 1), "daily")
    spec = TableSpec(frame.schema)
    windowed = frame.with_columns(window_on=pl.lit(date(2025, 1, 1)))

    with pytest.raises(TwinError, match="through the disclosure gate alone"):
        lake.replace_all(TABLE, frame, spec=spec, notes={}, mark=1)
    with pytest.raises(TwinError, match="through the disclosure gate alone"):
        lake.replace_windows(TABLE, windowed, window=day, spec=spec, notes={}, marks={})
    with pytest.raises(TwinError, match="the rows were cleared for"):
        lake.replace_all(
            "open/safety/y", clear(TABLE, frame, PEOPLE).rows, spec=spec, notes={}, mark=1
        )
    assert lake.tables() == []

    lake.replace_all(TABLE, clear(TABLE, frame, PEOPLE).rows, spec=spec, notes={}, mark=1)

    assert lake.read(TABLE).collect().height == len(GOOD)
